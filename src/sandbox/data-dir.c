/* Opens the sandbox's data directory and creates what is missing in it. */
#include "data-dir.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tenantfs/digest.h"
#include "tenantfs/file.h"

enum { FILE_MAX = 65536, LICENSE_BYTES = 16, PASSWORD_BYTES = 9 };

char *sandbox_data_dir_path(const struct data_dir *dir, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", dir->path, name) < 0 ? NULL : path;
}

int sandbox_data_dir_write(const struct data_dir *dir, const char *name, const char *text, unsigned mode,
			   struct tfs_error *error)
{
	cleanup_free char *path = sandbox_data_dir_path(dir, name);

	return path ? tfs_file_write(path, text, strlen(text), (mode_t)mode, error) : tfs_error_set_memory(error);
}

int sandbox_data_dir_read(const struct data_dir *dir, const char *name, char **ret, struct tfs_error *error)
{
	cleanup_free char *path = sandbox_data_dir_path(dir, name);
	struct tfs_buf text = TFS_BUF_INIT(FILE_MAX);

	if (!path)
		return tfs_error_set_memory(error);
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
		return tfs_error_set_memory(error);
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

static int open_dir(struct data_dir *dir, const char *path, struct tfs_error *error)
{
	char real[PATH_MAX];
	int r = tfs_file_make_private_dir(path, error);

	if (r < 0)
		return r;
	if (!realpath(path, real))
		return tfs_error_set(error, -errno, "sandbox", "cannot resolve %s", path);
	dir->path = strdup(real);
	cleanup_free char *lock = dir->path ? sandbox_data_dir_path(dir, "lock") : NULL;
	if (!lock)
		return tfs_error_set_memory(error);
	dir->lock = tfs_file_lock(lock, error);
	if (dir->lock == -EBUSY)
		return tfs_error_set(error, -EBUSY, "sandbox", "%s: another sandbox uses it", path);
	return dir->lock < 0 ? dir->lock : 0;
}

static int open_curve(struct data_dir *dir, enum tfs_curve curve, struct tfs_error *error)
{
	cleanup_free char *name = NULL;
	int r = sandbox_data_dir_read(dir, "curve", &name, error);

	if (r == 0)
		return tfs_curve_from_name(name, &dir->curve) < 0
			       ? tfs_error_set(error, -EINVAL, "sandbox", "%s/curve: unknown curve", dir->path)
			       : 0;
	if (r != -ENOENT)
		return r;
	dir->curve = curve;
	return sandbox_data_dir_write(dir, "curve", tfs_curve_name(curve), 0644, error);
}

static int open_key(const struct data_dir *dir, const char *name, struct tfs_key **ret, struct tfs_error *error)
{
	cleanup_free char *path = sandbox_data_dir_path(dir, name);
	cleanup_key struct tfs_key *key = NULL;

	if (!path)
		return tfs_error_set_memory(error);
	int r = tfs_key_load(dir->curve, path, &key, error);
	if (r == -ENOENT) {
		r = tfs_key_generate(dir->curve, &key, error);
		if (r == 0)
			r = tfs_key_save(key, path, error);
	}
	if (r < 0)
		return r;
	*ret = steal_pointer(&key);
	return 0;
}

static int open_keys(struct data_dir *dir, struct tfs_error *error)
{
	int r = open_key(dir, "server.key", &dir->server, error);

	if (r == 0)
		r = open_key(dir, "client.key", &dir->client, error);
	if (r == 0)
		r = open_key(dir, "old.key", &dir->old, error);
	if (r == 0)
		r = tfs_peer_new(dir->server, tfs_key_public(dir->client), &dir->peer, error);
	if (r == 0)
		r = tfs_peer_new(dir->old, tfs_key_public(dir->client), &dir->old_peer, error);
	return r;
}

static int open_license(struct data_dir *dir, struct tfs_error *error)
{
	char hex[2 * LICENSE_BYTES + 1];
	int r = sandbox_data_dir_read(dir, "license", &dir->license, error);

	if (r != -ENOENT)
		return r;
	r = random_hex(hex, LICENSE_BYTES, error);
	if (r == 0)
		r = sandbox_data_dir_write(dir, "license", hex, 0600, error);
	return r < 0 ? r : sandbox_data_dir_read(dir, "license", &dir->license, error);
}

static int open_token_secret(struct data_dir *dir, struct tfs_error *error)
{
	cleanup_free char *path = sandbox_data_dir_path(dir, "token.secret");
	struct tfs_buf bytes = TFS_BUF_INIT(TOKEN_SECRET);

	if (!path)
		return tfs_error_set_memory(error);
	int r = tfs_file_read_private(path, &bytes, error);
	if (r == -ENOENT) {
		if (tfs_random(dir->token_secret, TOKEN_SECRET) < 0)
			return tfs_error_set(error, -EIO, "sandbox", "no random bytes");
		return tfs_file_write(path, dir->token_secret, TOKEN_SECRET, 0600, error);
	}
	if (r == 0 && bytes.len != TOKEN_SECRET)
		r = tfs_error_set(error, -EINVAL, "sandbox", "%s: not %d bytes", path, TOKEN_SECRET);
	if (r == 0)
		memcpy(dir->token_secret, bytes.data, TOKEN_SECRET);
	tfs_buf_wipe(&bytes);
	return r;
}

static int make_credentials(const struct data_dir *dir, struct tfs_error *error)
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
		return tfs_error_set_memory(error);
	return sandbox_data_dir_write(dir, "credentials", text, 0600, error);
}

/* The value of the line "name = value"; caller frees. */
static char *credential(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *value = line + len;
		if (strncmp(line, name, len) || value[strspn(value, " ")] != '=')
			continue;
		value += strspn(value, " =");
		return strndup(value, strcspn(value, "\r\n"));
	}
	return NULL;
}

static int open_credentials(struct data_dir *dir, struct tfs_error *error)
{
	cleanup_free char *text = NULL;
	int r = sandbox_data_dir_read(dir, "credentials", &text, error);

	if (r == -ENOENT) {
		r = make_credentials(dir, error);
		if (r == 0)
			r = sandbox_data_dir_read(dir, "credentials", &text, error);
	}
	if (r < 0)
		return r;
	dir->password = credential(text, "password");
	dir->otp = credential(text, "otp");
	if (!dir->password || !dir->otp)
		return tfs_error_set(error, -EINVAL, "sandbox", "%s/credentials has no password or otp", dir->path);
	return 0;
}

int sandbox_data_dir_open(const char *path, enum tfs_curve curve, struct data_dir **ret, struct tfs_error *error)
{
	struct data_dir *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return tfs_error_set_memory(error);
	dir->lock = -1;
	int r = open_dir(dir, path, error);
	if (r == 0)
		r = open_curve(dir, curve, error);
	if (r == 0)
		r = open_keys(dir, error);
	if (r == 0)
		r = open_license(dir, error);
	if (r == 0)
		r = open_token_secret(dir, error);
	if (r == 0)
		r = open_credentials(dir, error);
	if (r < 0) {
		sandbox_data_dir_free(dir);
		return r;
	}
	*ret = dir;
	return 0;
}

void sandbox_data_dir_free(struct data_dir *dir)
{
	if (!dir)
		return;
	tfs_peer_free(dir->peer);
	tfs_peer_free(dir->old_peer);
	tfs_key_free(dir->server);
	tfs_key_free(dir->client);
	tfs_key_free(dir->old);
	free(dir->license);
	free(dir->password);
	free(dir->otp);
	free(dir->path);
	tfs_wipe(dir->token_secret, sizeof(dir->token_secret));
	if (dir->lock >= 0)
		close(dir->lock);
	free(dir);
}

int sandbox_data_dir_write_conf(const struct data_dir *dir, const struct data_dir_conf *conf, struct tfs_error *error)
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
			       conf->tenant, conf->url, conf->dns, conf->community, dir->path, dir->path, dir->path,
			       conf->token_file, tfs_curve_name(dir->curve), tfs_key_public(dir->server));

	if (r == 0 && conf->tls)
		r = tfs_buf_printf(&text, "\tca-file = \"%s/ca.pem\"\n", dir->path);
	r = r < 0 ? tfs_error_set_memory(error) : sandbox_data_dir_write(dir, conf->name, text.data, 0600, error);
	tfs_buf_finish(&text);
	return r;
}
