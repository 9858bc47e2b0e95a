/* Signatures of commits, made by ssh-keygen with the key of the configuration. */
#ifndef TENANTFS_HISTORY_SIGN_H
#define TENANTFS_HISTORY_SIGN_H


#include "tenantfs/buf.h"
#include "tenantfs/lock.h"
#include "tenantfs/op.h"

struct signer {
	const char *key; /* path of a private key, or of a public one whose other half an agent has; NULL: none */
	struct tfs_mutex lock; /* of all below; an operation's is taken under it */
	struct tfs_op *op;    /* that is signed in */
	uint64_t end_ms;      /* somebody waits for the end: what is not signed by then is not; 0: nobody does */
};
#define SIGNER_INIT(path) ((struct signer){ .key = (path), .lock = TFS_MUTEX_INITIALIZER })

/* The signature of a commit's text, as git's "gpgsig" has it. -EKEYREJECTED: there is none, and why. */
int sign_text(struct signer *signer, const char *text, size_t len, struct tfs_buf *out, struct tfs_error *error);
/* From another thread: what is being signed is given up, all that is signed from now on has little time together. */
void sign_hurry(struct signer *signer);
/* Whether it can sign at all. Without a key 0. */
int sign_probe(struct signer *signer, struct tfs_error *error);

#endif
