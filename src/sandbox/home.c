/* Opens, makes and fills the sandbox's folder. */
#include "home.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tenantfs/digest.h"
#include "tenantfs/file.h"

enum { FILE_MAX = 65536, LICENCE_BYTES = 16, PASSWORD_BYTES = 9 };

static int no_memory(struct tfs_error *error)
{
	return tfs_error_set(error, -ENOMEM, "sandbox", "out of memory");
}

char *home_path(const struct home *home, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", home->dir, name) < 0 ? NULL : path;
}

int home_write(const struct home *home, const char *name, const char *text, unsigned mode,
	       struct tfs_error *error)
{
	cleanup_free char *path = home_path(home, name);

	return path ? tfs_file_write(path, text, strlen(text), (mode_t)mode, error) : no_memory(error);
}

int home_read(const struct home *home, const char *name, char **ret, struct tfs_error *error)
{
	cleanup_free char *path = home_path(home, name);
	struct tfs_buf text = TFS_BUF_INIT(FILE_MAX);

	if (!path)
		return no_memory(error);
	int r = tfs_file_read(path, &text, error);
	if (r < 0) {
		tfs_buf_finish(&text);
		return r;
	}
	size_t start = text.data ? strspn(text.data, " \t\r\n") : 0;
	size_t end = text.len;
	while (end > start && strchr(" \t\r\n", text.data[end - 1]))
		end--;
	char *copy = strndup(text.data ? text.data + start : "", end - start);
	tfs_buf_wipe(&text);
	if (!copy)
		return no_memory(error);
	*ret = copy;
	return 0;
}

static int random_hex(char *out, size_t bytes, struct tfs_error *error)
{
	unsigned char raw[64];

	if (bytes > sizeof(raw) || tfs_random(raw, bytes) < 0)
		return tfs_error_set(error, -EIO, "sandbox", "no random bytes");
	for (size_t i = 0; i < bytes; i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

static int open_dir(struct home *home, const char *dir, struct tfs_error *error)
{
	char real[PATH_MAX];
	int r = tfs_file_make_private_dir(dir, error);

	if (r < 0)
		return r;
	if (!realpath(dir, real))
		return tfs_error_set(error, -errno, "sandbox", "%s: cannot be resolved", dir);
	home->dir = strdup(real);
	cleanup_free char *lock = home->dir ? home_path(home, "lock") : NULL;
	if (!lock)
		return no_memory(error);
	home->lock = tfs_file_lock(lock, error);
	if (home->lock == -EBUSY)
		return tfs_error_set(error, -EBUSY, "sandbox", "%s: another sandbox is running on it", dir);
	return home->lock < 0 ? home->lock : 0;
}

static int open_curve(struct home *home, enum tfs_curve curve, struct tfs_error *error)
{
	cleanup_free char *name = NULL;
	int r = home_read(home, "curve", &name, error);

	if (r == 0)
		return tfs_curve_from_name(name, &home->curve) < 0
			       ? tfs_error_set(error, -EINVAL, "sandbox", "%s/curve names no curve",
					       home->dir)
			       : 0;
	if (r != -ENOENT)
		return r;
	home->curve = curve;
	return home_write(home, "curve", tfs_curve_name(curve), 0644, error);
}

static int open_key(const struct home *home, const char *name, struct tfs_key **ret, struct tfs_error *error)
{
	cleanup_free char *path = home_path(home, name);
	cleanup_key struct tfs_key *key = NULL;

	if (!path)
		return no_memory(error);
	int r = tfs_key_load(home->curve, path, &key, error);
	if (r == -ENOENT) {
		r = tfs_key_generate(home->curve, &key, error);
		if (r == 0)
			r = tfs_key_save(key, path, error);
	}
	if (r < 0)
		return r;
	*ret = steal_pointer(&key);
	return 0;
}

static int open_keys(struct home *home, struct tfs_error *error)
{
	int r = open_key(home, "server.key", &home->server, error);

	if (r == 0)
		r = open_key(home, "client.key", &home->client, error);
	if (r == 0)
		r = open_key(home, "old.key", &home->old, error);
	if (r == 0)
		r = tfs_peer_new(home->server, tfs_key_public(home->client), &home->peer, error);
	if (r == 0)
		r = tfs_peer_new(home->old, tfs_key_public(home->client), &home->old_peer, error);
	return r;
}

static int open_licence(struct home *home, struct tfs_error *error)
{
	char hex[2 * LICENCE_BYTES + 1];
	int r = home_read(home, "license", &home->licence, error);

	if (r != -ENOENT)
		return r;
	r = random_hex(hex, LICENCE_BYTES, error);
	if (r == 0)
		r = home_write(home, "license", hex, 0600, error);
	return r < 0 ? r : home_read(home, "license", &home->licence, error);
}

static int open_token_secret(struct home *home, struct tfs_error *error)
{
	cleanup_free char *path = home_path(home, "token.secret");
	struct tfs_buf bytes = TFS_BUF_INIT(TOKEN_SECRET);

	if (!path)
		return no_memory(error);
	int r = tfs_file_read_private(path, &bytes, error);
	if (r == -ENOENT) {
		if (tfs_random(home->token_secret, TOKEN_SECRET) < 0)
			return tfs_error_set(error, -EIO, "sandbox", "no random bytes");
		return tfs_file_write(path, home->token_secret, TOKEN_SECRET, 0600, error);
	}
	if (r == 0 && bytes.len != TOKEN_SECRET)
		r = tfs_error_set(error, -EINVAL, "sandbox", "%s: not %d bytes", path, TOKEN_SECRET);
	if (r == 0)
		memcpy(home->token_secret, bytes.data, TOKEN_SECRET);
	tfs_buf_wipe(&bytes);
	return r;
}

static int make_credentials(const struct home *home, struct tfs_error *error)
{
	char password[2 * PASSWORD_BYTES + 1];
	unsigned char raw[4];
	cleanup_free char *text = NULL;
	int r = random_hex(password, PASSWORD_BYTES, error);

	if (r < 0)
		return r;
	if (tfs_random(raw, sizeof(raw)) < 0)
		return tfs_error_set(error, -EIO, "sandbox", "no random bytes");
	unsigned otp = ((unsigned)raw[0] << 16 | (unsigned)raw[1] << 8 | raw[2]) % 1000000;
	if (asprintf(&text, "username = admin\npassword = %s\notp = %06u\n", password, otp) < 0)
		return no_memory(error);
	return home_write(home, "credentials", text, 0600, error);
}

/* The value of one line "name = value"; caller frees. */
static char *credential(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line && *line;
	     line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *value = line + len;
		if (strncmp(line, name, len) || value[strspn(value, " ")] != '=')
			continue;
		value += strspn(value, " =");
		return strndup(value, strcspn(value, "\r\n"));
	}
	return NULL;
}

static int open_credentials(struct home *home, struct tfs_error *error)
{
	cleanup_free char *text = NULL;
	int r = home_read(home, "credentials", &text, error);

	if (r == -ENOENT) {
		r = make_credentials(home, error);
		if (r == 0)
			r = home_read(home, "credentials", &text, error);
	}
	if (r < 0)
		return r;
	home->password = credential(text, "password");
	home->otp = credential(text, "otp");
	if (!home->password || !home->otp)
		return tfs_error_set(error, -EINVAL, "sandbox", "%s/credentials has no password or otp",
				     home->dir);
	return 0;
}

int home_open(const char *dir, enum tfs_curve curve, struct home **ret, struct tfs_error *error)
{
	struct home *home = calloc(1, sizeof(*home));

	if (!home)
		return no_memory(error);
	home->lock = -1;
	int r = open_dir(home, dir, error);
	if (r == 0)
		r = open_curve(home, curve, error);
	if (r == 0)
		r = open_keys(home, error);
	if (r == 0)
		r = open_licence(home, error);
	if (r == 0)
		r = open_token_secret(home, error);
	if (r == 0)
		r = open_credentials(home, error);
	if (r < 0) {
		home_free(home);
		return r;
	}
	*ret = home;
	return 0;
}

void home_free(struct home *home)
{
	if (!home)
		return;
	tfs_peer_free(home->peer);
	tfs_peer_free(home->old_peer);
	tfs_key_free(home->server);
	tfs_key_free(home->client);
	tfs_key_free(home->old);
	free(home->licence);
	free(home->password);
	free(home->otp);
	free(home->dir);
	tfs_wipe(home->token_secret, sizeof(home->token_secret));
	if (home->lock >= 0)
		close(home->lock);
	free(home);
}

int home_write_conf(const struct home *home, const struct home_conf *conf, struct tfs_error *error)
{
	struct tfs_buf text = TFS_BUF_INIT(FILE_MAX);
	int r = tfs_buf_printf(&text,
			       "# Written by tenantfs-sandbox at each start.\n"
			       "[tenant \"%s\"]\n"
			       "\turl = %s\n"
			       "\tdns = %s\n"
			       "\tcommunity = %s\n"
			       "\tkey-file = \"%s/client.key\"\n"
			       "\tlicense-file = \"%s/license\"\n"
			       "\ttoken-file = \"%s/%s\"\n"
			       "\tcurve = %s\n"
			       "\tservice-key = %s\n",
			       conf->tenant, conf->url, conf->dns, conf->community, home->dir, home->dir,
			       home->dir, conf->token_file, tfs_curve_name(home->curve),
			       tfs_key_public(home->server));

	if (r == 0 && conf->tls)
		r = tfs_buf_printf(&text, "\tca-file = \"%s/ca.pem\"\n", home->dir);
	r = r < 0 ? no_memory(error) : home_write(home, conf->name, text.data, 0600, error);
	tfs_buf_finish(&text);
	return r;
}
