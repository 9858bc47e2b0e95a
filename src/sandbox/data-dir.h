/* The sandbox's data directory: keys, license, secrets, and the files a client needs. */
#ifndef SANDBOX_DATA_DIR_H
#define SANDBOX_DATA_DIR_H

#include "tenantfs/envelope.h"
#include "token.h"

/* Immutable once opened; it owns all strings. */
struct data_dir {
	char *path; /* absolute */
	int lock;   /* descriptor; only one server uses a directory at a time */
	enum tfs_curve curve;
	struct tfs_key *server, *client, *old;
	struct tfs_peer *peer;     /* the registered client, as the server sees it */
	struct tfs_peer *old_peer; /* the same with a key the service no longer has, for the fault "oldkey" */
	char *license;
	char *password, *otp; /* of the login in DIR/credentials */
	unsigned char token_secret[TOKEN_SECRET];
};

/*
 * Opens or creates the directory with server.key, client.key, old.key, license, token.secret, credentials and
 * curve. An existing directory keeps its curve. -EBUSY: another server uses it.
 */
int sandbox_data_dir_open(const char *path, enum tfs_curve curve, struct data_dir **ret, struct tfs_error *error);
void sandbox_data_dir_free(struct data_dir *dir);

/* DIR/name; caller frees, NULL when out of memory. */
char *sandbox_data_dir_path(const struct data_dir *dir, const char *name);
/* Replaces DIR/name atomically. Use mode 0600 for secrets. */
int sandbox_data_dir_write(const struct data_dir *dir, const char *name, const char *text, unsigned mode,
			   struct tfs_error *error);
/* The contents of DIR/name without surrounding white space; -ENOENT. Caller frees. */
int sandbox_data_dir_read(const struct data_dir *dir, const char *name, char **ret, struct tfs_error *error);

/* The values of a configuration file, besides the files of the directory. */
struct data_dir_conf {
	const char *name;   /* file name: "tenantfs.conf" */
	const char *tenant; /* section name */
	const char *url, *dns, *community, *token_file;
	bool tls;
};
int sandbox_data_dir_write_conf(const struct data_dir *dir, const struct data_dir_conf *conf, struct tfs_error *error);

#endif
