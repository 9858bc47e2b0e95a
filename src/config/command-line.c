/* The command line of a tenant, for messages that tell what to type. */
#include <string.h>

#include "tenantfs/buf.h"
#include "tenantfs/config.h"
#include "tenantfs/file.h"

enum { LINE_MAX_BYTES = 16384 };

/* In single quotes, if a shell would take it apart. */
static int add_word(struct tfs_buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./@%+=:,-";
	int r = 0;

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0')
		return tfs_buf_puts(out, word);
	r = tfs_buf_putc(out, '\'');
	for (; *word != '\0' && r == 0; word++)
		r = *word == '\'' ? tfs_buf_puts(out, "'\\''") : tfs_buf_putc(out, *word);
	return r < 0 ? r : tfs_buf_putc(out, '\'');
}

/* TENANTFS_CONFIG does not count: it may be set for the daemon only. */
static bool is_default(const char *path)
{
	cleanup_free char *folder = tfs_file_xdg("XDG_CONFIG_HOME", ".config");
	size_t len = folder ? strlen(folder) : 0;

	return folder && strncmp(path, folder, len) == 0 && strcmp(path + len, "/config") == 0;
}

char *tfs_config_command_line(const struct tfs_config *config, const char *command)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(LINE_MAX_BYTES);
	int r = tfs_buf_printf(&out, "tenantfs %s", command);

	if (r == 0 && !is_default(config->path)) {
		r = tfs_buf_puts(&out, " -c ");
		if (r == 0)
			r = add_word(&out, config->path);
	}
	if (r == 0)
		r = tfs_buf_puts(&out, " -t ");
	if (r == 0)
		r = add_word(&out, config->name);
	return r < 0 ? NULL : tfs_buf_steal(&out, NULL);
}
