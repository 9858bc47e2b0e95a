/* Signs commits with ssh-keygen and the configured key. */
#ifndef TENANTFS_HISTORY_SIGN_H
#define TENANTFS_HISTORY_SIGN_H

#include "tenantfs/buf.h"
#include "tenantfs/lock.h"
#include "tenantfs/op.h"

struct signer {
	const char *key;       /* path of a private key, or of a public one for an agent; NULL: none */
	struct tfs_mutex lock; /* of all below; an operation's is taken under it */
	struct tfs_op *op;     /* the signing under way; NULL: none */
	uint64_t end_ms;       /* no signature after that time; 0: no end was requested */
};
#define SIGNER_INIT(path) ((struct signer){ .key = (path), .lock = TFS_MUTEX_INITIALIZER })

/* Appends the signature of a commit's text in the form of git's "gpgsig". -EKEYREJECTED with the reason. */
int history_sign_text(struct signer *signer, const char *text, size_t len, struct tfs_buf *out,
		      struct tfs_error *error);
/*
 * Called from another thread at the end: cancels the signing under way and limits the time of all later ones
 * together.
 */
void history_sign_hurry(struct signer *signer);
/* Tests that signing works. 0 without a key. */
int history_sign_probe(struct signer *signer, struct tfs_error *error);

#endif
