/* The form of the token. It is kept in the state folder, with the service's key that it was found out for. */
#include "token-form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"

enum {
	FILE_MAX_BYTES = 256,
	POLL_MS = 20,
	WAIT_MS = 5000,     /* longest wait for the call that finds out */
	VERDICT_MS = 60000, /* how long a token accepted in one form, or refused in both, is sent in one only */
};

struct token_form {
	const struct tfs_config *config;
	char *path;

	struct tfs_mutex lock;         /* a leaf */
	enum tfs_token_form known;     /* TFS_TOKEN_AUTO: unknown. Protected by lock */
	char key[SERVICE_FINGERPRINT]; /* that it is known for. Protected by lock */
	bool probing;                  /* a call finds it out. Protected by lock */
	unsigned judged;    /* version of the token last accepted, or refused in both; 0: none. Protected by lock */
	uint64_t judged_ms; /* when. Protected by lock */
};

int api_token_form_new(const struct tfs_config *config, struct token_form **ret)
{
	struct token_form *form = calloc(1, sizeof(*form));

	if (!form)
		return -ENOMEM;
	form->config = config;
	tfs_mutex_init(&form->lock);
	if (asprintf(&form->path, "%s/token-form", config->state_dir) < 0) {
		form->path = NULL;
		api_token_form_free(form);
		return -ENOMEM;
	}
	*ret = form;
	return 0;
}

void api_token_form_free(struct token_form *form)
{
	if (!form)
		return;
	tfs_mutex_destroy(&form->lock);
	free(form->path);
	free(form);
}

static const char *name_of(enum tfs_token_form form)
{
	return form == TFS_TOKEN_CLEAR ? "clear" : "sealed";
}

/* The form in the state folder, if it was found out for the service's key `key`; else TFS_TOKEN_AUTO. */
static enum tfs_token_form read_stored(const struct token_form *form, const char *key)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_MAX_BYTES);
	size_t len;

	if (tfs_file_read(form->path, &text, NULL) < 0 || text.len == 0)
		return TFS_TOKEN_AUTO;
	for (enum tfs_token_form at = TFS_TOKEN_SEALED; at <= TFS_TOKEN_CLEAR; at++) {
		len = strlen(name_of(at));
		if (strncmp(text.data, name_of(at), len) == 0 && text.data[len] == ' ' &&
		    strncmp(text.data + len + 1, key, strlen(key)) == 0)
			return at;
	}
	return TFS_TOKEN_AUTO;
}

static void store(const struct token_form *form, const struct token_use *use)
{
	struct tfs_error error = { 0 };
	char text[64];
	int len = snprintf(text, sizeof(text), "%s %s\n", name_of(use->form), use->key);
	int r = tfs_file_make_private_dir(form->config->state_dir, &error);

	if (r == 0)
		r = tfs_file_write(form->path, text, (size_t)len, 0600, &error);
	if (r < 0)
		tfs_log(TFS_LOG_WARNING, 0, "the form of the token is not remembered: %s", error.message);
}

static bool is_known(const struct token_form *form, const char *key) TFS_HOLDS(form->lock)
{
	return form->known != TFS_TOKEN_AUTO && strcmp(form->key, key) == 0;
}

/* A token that was just accepted, or refused in both forms: a 401 to it says nothing about the form. */
static bool is_judged(const struct token_form *form, unsigned version) TFS_HOLDS(form->lock)
{
	return version != 0 && form->judged == version && tfs_clock_ms() - form->judged_ms < VERDICT_MS;
}

static void set_known(struct token_form *form, enum tfs_token_form known, const char *key) TFS_HOLDS(form->lock)
{
	form->known = known;
	snprintf(form->key, sizeof(form->key), "%s", key);
}

/* Another process may have found it out. */
static void learn_from_file(struct token_form *form, const char *key)
{
	enum tfs_token_form stored;
	bool known;

	tfs_mutex_lock(&form->lock);
	known = is_known(form, key);
	tfs_mutex_unlock(&form->lock);
	if (known)
		return;
	stored = read_stored(form, key);
	tfs_mutex_lock(&form->lock);
	if (stored != TFS_TOKEN_AUTO && !is_known(form, key))
		set_known(form, stored, key);
	tfs_mutex_unlock(&form->lock);
}

static int wait_for_prober(struct token_form *form, struct tfs_op *op, const struct token_use *use)
	TFS_HOLDS(form->lock)
{
	uint64_t start = tfs_clock_ms();
	int r = 0;

	while (r == 0 && form->probing && !is_known(form, use->key) && tfs_clock_ms() - start < WAIT_MS) {
		tfs_mutex_unlock(&form->lock);
		r = tfs_op_sleep(op, POLL_MS);
		tfs_mutex_lock(&form->lock);
	}
	if (r < 0)
		tfs_fail(op, r, "api", r == -EINTR ? "interrupted" : "no session within the time allowed");
	return r;
}

int api_token_form_choose(struct token_form *form, struct tfs_op *op, unsigned version, struct token_use *use)
{
	int r = 0;

	use->form = form->config->token_form;
	use->known = use->form != TFS_TOKEN_AUTO;
	use->turned = use->probing = false;
	if (use->known)
		return 0;
	learn_from_file(form, use->key);
	tfs_mutex_lock(&form->lock);
	if (use->proves && !is_judged(form, version))
		r = wait_for_prober(form, op, use);
	use->known = is_known(form, use->key);
	use->form = use->known ? form->known : TFS_TOKEN_SEALED;
	if (r == 0 && use->proves && !use->known && !form->probing)
		form->probing = use->probing = true;
	tfs_mutex_unlock(&form->lock);
	return r;
}

bool api_token_form_turn(struct token_form *form, unsigned version, struct token_use *use)
{
	bool may = form->config->token_form == TFS_TOKEN_AUTO && !use->turned;

	tfs_mutex_lock(&form->lock);
	may = may && !is_judged(form, version);
	tfs_mutex_unlock(&form->lock);
	if (!may)
		return false;
	use->form = use->form == TFS_TOKEN_SEALED ? TFS_TOKEN_CLEAR : TFS_TOKEN_SEALED;
	use->turned = true;
	return true;
}

void api_token_form_settle(struct token_form *form, unsigned version, const struct token_use *use, int status)
{
	bool works = status / 100 == 2 || status == 403, is_new;

	if (form->config->token_form != TFS_TOKEN_AUTO)
		return;
	tfs_mutex_lock(&form->lock);
	if (use->probing)
		form->probing = false;
	is_new = works && use->proves && (!is_known(form, use->key) || form->known != use->form);
	if (is_new)
		set_known(form, use->form, use->key);
	if ((works && use->proves) || (status == 401 && use->turned)) {
		form->judged = version;
		form->judged_ms = tfs_clock_ms();
	}
	tfs_mutex_unlock(&form->lock);
	if (is_new)
		store(form, use);
}
