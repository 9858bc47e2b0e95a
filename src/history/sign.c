/*
 * Runs ssh-keygen for each commit: it supports every kind of key, agents and hardware tokens, and no key is
 * in our memory. It has no terminal and no display, so it cannot ask.
 */
#include "sign.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "git-process.h"
#include "tenantfs/child.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

enum {
	SIGN_MS = 15000,  /* time to touch a hardware token */
	ENDING_MS = 3000, /* for all signatures after the end is requested */
	ENDING_ALL_MS = 10000,
	SIGNATURE_BYTES = 64 << 10,
	COMPLAINT_BYTES = 4096,
};

/* The last line is the reason; those before it are prompts. */
static const char *last_line(struct tfs_buf *said)
{
	char *line;

	if (!said->data)
		return "";
	while (said->len > 0 && strchr("\r\n ", said->data[said->len - 1]))
		tfs_buf_resize(said, said->len - 1);
	line = strrchr(said->data, '\n');
	return line ? line + 1 : said->data;
}

static int refuse(const struct signer *signer, int code, int status, struct tfs_buf *said, struct tfs_error *error)
{
	static const char *const what = "history-signing-key";

	if (code == -ENOENT)
		return tfs_error_set(error, -EKEYREJECTED, "history",
				     "%s: there is no ssh-keygen to sign with: install openssh-client", what);
	/* Cancelled by history_sign_hurry: try once more in the time that is left. */
	if (code == -EINTR)
		return tfs_error_set(error, code, "history", "%s: interrupted", what);
	if (code == -ETIMEDOUT)
		return tfs_error_set(error, -EKEYREJECTED, "history", "%s: %s did not sign in time", what, signer->key);
	if (code < 0)
		return tfs_error_set(error, -EKEYREJECTED, "history", "%s: ssh-keygen cannot be run: %s", what,
				     strerrordesc_np(-code));
	if (WIFSIGNALED(status))
		return tfs_error_set(error, -EKEYREJECTED, "history", "%s: ssh-keygen was ended by signal %d", what,
				     WTERMSIG(status));
	return tfs_error_set(error, -EKEYREJECTED, "history",
			     "%s: %s cannot sign: %s; one with a passphrase must be in an ssh agent (SSH_AUTH_SOCK)",
			     what, signer->key, said->len > 0 ? last_line(said) : "ssh-keygen does not say why");
}

void history_sign_hurry(struct signer *signer)
{
	tfs_mutex_lock(&signer->lock);
	signer->end_ms = tfs_clock_ms() + ENDING_ALL_MS;
	if (signer->op)
		tfs_op_cancel(signer->op);
	tfs_mutex_unlock(&signer->lock);
}

/* 0: no time is left. */
static uint64_t time_left(const struct signer *signer) TFS_HOLDS(signer->lock)
{
	uint64_t now = tfs_clock_ms();

	if (signer->end_ms == 0)
		return SIGN_MS;
	if (now >= signer->end_ms)
		return 0;
	return signer->end_ms - now < ENDING_MS ? signer->end_ms - now : ENDING_MS;
}

static int run(struct signer *signer, struct tfs_child *child, int *ret_status)
{
	static const char *const nothing[] = { NULL };
	struct variables variables = { 0 };
	struct tfs_op *op = tfs_op_new(0);
	int r = op ? history_git_process_environment("", nothing, &variables) : -ENOMEM;

	tfs_mutex_lock(&signer->lock);
	child->timeout_ms = time_left(signer);
	signer->op = op;
	tfs_mutex_unlock(&signer->lock);
	child->environment = variables.all;
	if (r == 0 && child->timeout_ms == 0)
		r = -ETIMEDOUT;
	if (r == 0)
		r = tfs_child_run(op, child, ret_status);
	tfs_mutex_lock(&signer->lock);
	signer->op = NULL;
	tfs_mutex_unlock(&signer->lock);
	history_variables_finish(&variables);
	tfs_op_free(op);
	return r;
}

int history_sign_text(struct signer *signer, const char *text, size_t len, struct tfs_buf *out, struct tfs_error *error)
{
	static const char begin[] = "-----BEGIN SSH SIGNATURE-----";
	struct tfs_buf said cleanup_buf = TFS_BUF_INIT(COMPLAINT_BYTES);
	struct tfs_buf signature cleanup_buf = TFS_BUF_INIT(SIGNATURE_BYTES);
	char *const argv[] = { (char *)"ssh-keygen", (char *)"-q",        (char *)"-Y",
			       (char *)"sign",       (char *)"-n",        (char *)"git",
			       (char *)"-f",         (char *)signer->key, NULL };
	struct tfs_child child = { .argv = argv, .input = text, .input_len = len, .out = &signature, .err = &said };
	int status = 0, r = run(signer, &child, &status);

	if (r < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || signature.len < sizeof(begin) ||
	    memcmp(signature.data, begin, sizeof(begin) - 1) != 0)
		return refuse(signer, r, status, &said, error);
	/* The commit header adds its own newline. */
	while (signature.data[signature.len - 1] == '\n')
		tfs_buf_resize(&signature, signature.len - 1);
	r = tfs_buf_add(out, signature.data, signature.len);
	return r < 0 ? tfs_error_set(error, r, "history", "%s", strerrordesc_np(-r)) : 0;
}

int history_sign_probe(struct signer *signer, struct tfs_error *error)
{
	static const char probe[] = "tenantfs looks whether it can sign\n";
	struct tfs_buf signature cleanup_buf = TFS_BUF_INIT(SIGNATURE_BYTES);

	return signer->key ? history_sign_text(signer, probe, sizeof(probe) - 1, &signature, error) : 0;
}
