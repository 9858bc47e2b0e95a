/* The session's token: loaded again when it nears its end, was refused, or its file changed. */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"

#include "client.h"
#include "command.h"

enum {
	NEAR_END_S = 60,  /* a token that ends within so long is loaded again */
	RELOAD_MS = 5000, /* least time between two loads that find no newer token */
	FAILED_MS = 3000, /* how long a failed load is reported without another try */
	COMMAND_MS = 30000,
	POLL_MS = 20,
};

/* The version of a file that was read. */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct token {
	struct tfs_secret *text; /* NULL: none */
	long long ends;          /* epoch seconds; 0 unknown */
};

struct session {
	const struct tfs_config *config;
	char *stored_path;

	struct tfs_mutex lock;     /* a leaf; not held while a token is loaded */
	bool loading;              /* a thread loads a token. Protected by lock */
	struct token token;        /* protected by lock */
	unsigned version;          /* of the token; 0: never had one. Protected by lock */
	uint64_t loaded_ms;        /* when it was last loaded; 0: never. Protected by lock */
	struct stamp stored, file; /* the files' versions then. Protected by lock */
	struct tfs_error failure;  /* why there is no token. Protected by lock */
	bool over;                 /* the server's last verdict. Protected by lock */
};

int api_session_new(const struct tfs_config *config, struct session **ret)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->config = config;
	tfs_mutex_init(&session->lock);
	if (asprintf(&session->stored_path, "%s/token", config->state_dir) < 0) {
		session->stored_path = NULL;
		api_session_free(session);
		return -ENOMEM;
	}
	*ret = session;
	return 0;
}

void api_session_free(struct session *session)
{
	if (!session)
		return;
	tfs_secret_free(session->token.text);
	tfs_mutex_destroy(&session->lock);
	free(session->stored_path);
	free(session);
}

static struct stamp stamp_of(const char *path)
{
	struct stamp stamp = { 0 };
	struct stat st;

	if (path && stat(path, &st) == 0) {
		stamp.dev = st.st_dev;
		stamp.ino = st.st_ino;
		stamp.size = st.st_size;
		stamp.mtime = st.st_mtim;
	}
	return stamp;
}

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec &&
	       a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* The sources of a token, in order. */
enum source { STORED, TOKEN_FILE, TOKEN_COMMAND, SOURCES };

/* -ENOENT: there is no such source; for the stored login that is not a failure. */
static int read_source(struct session *session, struct tfs_op *op, enum source source, struct tfs_buf *out)
{
	const struct tfs_config *config = session->config;
	struct tfs_error error = { 0 };
	int r;

	if (source == TOKEN_COMMAND) {
		if (!config->token_command || !op)
			return -ENOENT;
		return api_run_command(op, "token-command", config->token_command, COMMAND_MS, out);
	}
	if (source == TOKEN_FILE && !config->token_file)
		return -ENOENT;
	r = tfs_file_read_private(source == STORED ? session->stored_path : config->token_file, out, &error);
	if (r == -ENOENT)
		return r;
	if (r < 0 && op) {
		*tfs_op_error(op) = error;
		tfs_error_prefix(tfs_op_error(op), "there is no token: ");
		tfs_op_error(op)->code = -EACCES;
	}
	return r < 0 ? -EACCES : 0;
}

/* Strips white space around the token. Other bytes that would break the header are refused. */
static int make_token(struct tfs_op *op, const struct tfs_buf *text, struct token *ret)
{
	const char *start = text->data ? text->data : "";
	size_t len;

	start += strspn(start, " \t\r\n");
	len = strcspn(start, " \t\r\n");
	for (size_t i = 0; i < len; i++)
		if (start[i] < '!' || start[i] > '~')
			len = 0;
	if (len == 0 || start[len + strspn(start + len, " \t\r\n")] != '\0')
		return op ? tfs_fail(op, -EACCES, "api", "this is not a token") : -EACCES;
	ret->text = tfs_secret_new(start, len);
	if (!ret->text)
		return op ? tfs_fail_memory(op) : -ENOMEM;
	ret->ends = api_jwt_expiry(tfs_secret_text(ret->text));
	return 0;
}

static bool is_ended(const struct token *token)
{
	return token->ends != 0 && tfs_clock_wall().tv_sec >= token->ends;
}

/*
 * The first token that is neither `refused` nor expired; else an expired one, as this clock may be wrong.
 * -ENOENT: none. Without `op` no command is run.
 */
static int look_for_token(struct session *session, struct tfs_op *op, const char *refused, struct token *ret)
{
	struct token ended = { 0 };
	int r = -ENOENT, worst = -ENOENT;

	for (enum source source = STORED; source < SOURCES; source++) {
		struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
		struct token token = { 0 };

		r = read_source(session, op, source, &text);
		if (r == 0)
			r = make_token(op, &text, &token);
		if (r == -EINTR || r == -ETIMEDOUT)
			break;
		if (r < 0) {
			worst = r == -ENOENT ? worst : r;
			continue;
		}
		if (refused && strcmp(refused, tfs_secret_text(token.text)) == 0) {
			tfs_secret_free(token.text);
		} else if (is_ended(&token) && !ended.text) {
			ended = token;
		} else if (is_ended(&token)) {
			tfs_secret_free(token.text);
		} else {
			tfs_secret_free(ended.text);
			*ret = token;
			return 0;
		}
	}
	if (r == -EINTR || r == -ETIMEDOUT || !ended.text) {
		tfs_secret_free(ended.text);
		return r == -EINTR || r == -ETIMEDOUT ? r : worst;
	}
	*ret = ended;
	return 0;
}

/* Takes over `token`. The version stays when the text is the same. */
static void adopt(struct session *session, struct token *token)
{
	const struct tfs_secret *old = session->token.text;

	if (!old || strcmp(tfs_secret_text(old), tfs_secret_text(token->text)) != 0) {
		session->version++;
		session->over = false;
	}
	tfs_secret_free(session->token.text);
	session->token = *token;
	*token = (struct token){ 0 };
}

static bool near_end(const struct session *session)
{
	return session->token.ends != 0 && tfs_clock_wall().tv_sec >= session->token.ends - NEAR_END_S;
}

static bool is_load_due(const struct session *session) TFS_HOLDS(session->lock)
{
	struct stamp stored = stamp_of(session->stored_path), file = stamp_of(session->config->token_file);
	uint64_t since = tfs_clock_ms() - session->loaded_ms;

	if (session->loaded_ms == 0 || !same_stamp(&stored, &session->stored) || !same_stamp(&file, &session->file))
		return true;
	if (!session->token.text)
		return since >= FAILED_MS;
	return near_end(session) && since >= RELOAD_MS;
}

/* Looks for a token, with the lock released, and takes it over; nobody else looks at the same time. */
static int load(struct session *session, struct tfs_op *op, const char *refused) TFS_HOLDS(session->lock)
{
	struct stamp stored = stamp_of(session->stored_path), file = stamp_of(session->config->token_file);
	struct token token = { 0 };
	int r;

	session->loading = true;
	tfs_mutex_unlock(&session->lock);
	r = look_for_token(session, op, refused, &token);
	tfs_mutex_lock(&session->lock);
	session->loading = false;
	if (r == -EINTR || r == -ETIMEDOUT)
		return r;
	session->stored = stored;
	session->file = file;
	session->loaded_ms = tfs_clock_ms();
	if (r == 0) {
		adopt(session, &token);
		return 0;
	}
	if (!refused) {
		/* The token was removed: the user logged out. */
		tfs_secret_free(session->token.text);
		session->token = (struct token){ 0 };
		session->failure = r == -ENOENT || !op ? (struct tfs_error){ 0 } : *tfs_op_error(op);
	}
	return r;
}

/* Lets the one who looks for a token finish. */
static int wait_for_loader(struct session *session, struct tfs_op *op) TFS_HOLDS(session->lock)
{
	int r = 0;

	while (session->loading && r == 0) {
		tfs_mutex_unlock(&session->lock);
		r = tfs_op_sleep(op, POLL_MS);
		tfs_mutex_lock(&session->lock);
	}
	if (r < 0)
		tfs_fail(op, r, "api", r == -EINTR ? "interrupted" : "no token within the time allowed");
	return r;
}

/* Appends the current token, or fails with the reason why there is none. */
static int hand_out(struct session *session, struct tfs_op *op, struct tfs_buf *out, unsigned *ret_version)
	TFS_HOLDS(session->lock)
{
	if (!session->token.text) {
		if (session->failure.code == 0)
			return -ENOENT;
		*tfs_op_error(op) = session->failure;
		return session->failure.code;
	}
	if (tfs_buf_puts(out, tfs_secret_text(session->token.text)) < 0)
		return tfs_fail_memory(op);
	*ret_version = session->version;
	return 0;
}

int api_session_token(struct session *session, struct tfs_op *op, struct tfs_buf *out, unsigned *ret_version)
{
	int r = 0;

	tfs_mutex_lock(&session->lock);
	if (!session->token.text)
		r = wait_for_loader(session, op);
	if (r == 0 && !session->loading && is_load_due(session))
		r = load(session, op, NULL);
	if (r != -EINTR && r != -ETIMEDOUT)
		r = hand_out(session, op, out, ret_version);
	tfs_mutex_unlock(&session->lock);
	return r;
}

bool api_session_refused(struct session *session, struct tfs_op *op, unsigned version)
{
	struct tfs_secret *refused = NULL;
	bool newer;

	tfs_mutex_lock(&session->lock);
	if (wait_for_loader(session, op) == 0 && session->version == version && session->token.text) {
		refused = tfs_secret_new(tfs_secret_text(session->token.text), tfs_secret_len(session->token.text));
		/* When the session is over, not every refused call loads a token again. */
		if (refused && (!session->over || tfs_clock_ms() - session->loaded_ms >= FAILED_MS))
			load(session, op, tfs_secret_text(refused));
	}
	newer = session->version != version && session->token.text;
	tfs_mutex_unlock(&session->lock);
	tfs_secret_free(refused);
	tfs_error_clear(tfs_op_error(op));
	return newer;
}

void api_session_judge(struct session *session, bool over)
{
	tfs_mutex_lock(&session->lock);
	session->over = over;
	tfs_mutex_unlock(&session->lock);
}

/* The next call loads a token. */
static void drop_token(struct session *session)
{
	tfs_mutex_lock(&session->lock);
	tfs_secret_free(session->token.text);
	session->token = (struct token){ 0 };
	session->loaded_ms = 0;
	session->over = false;
	tfs_mutex_unlock(&session->lock);
}

int api_session_store(struct session *session, const char *token, struct tfs_error *error)
{
	int r = tfs_file_make_private_dir(session->config->state_dir, error);

	if (r == 0)
		r = tfs_file_write(session->stored_path, token, strlen(token), 0600, error);
	drop_token(session);
	return r;
}

int api_session_forget(struct session *session, struct tfs_error *error)
{
	int r = unlink(session->stored_path) < 0 ? -errno : 0;

	drop_token(session);
	if (r < 0 && r != -ENOENT)
		tfs_error_set(error, r, "api", "cannot remove %s: %s", session->stored_path, strerrordesc_np(-r));
	return r;
}

long long api_session_ends(struct session *session)
{
	struct token token = { 0 };
	long long ends;
	bool known;

	tfs_mutex_lock(&session->lock);
	known = session->token.text;
	ends = session->token.ends;
	tfs_mutex_unlock(&session->lock);
	if (known || look_for_token(session, NULL, NULL, &token) < 0)
		return ends;
	tfs_secret_free(token.text);
	return token.ends;
}

bool api_session_is_over(struct session *session)
{
	bool over;

	tfs_mutex_lock(&session->lock);
	over = session->over;
	tfs_mutex_unlock(&session->lock);
	return over;
}
