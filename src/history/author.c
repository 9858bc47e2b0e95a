/* Authors: from the configuration's table, else from the system's users. */
#include "author.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/utf8.h"

enum { PASSWD_BYTES = 16 << 10 };

/* git writes an author as "NAME <MAIL> TIME": bytes that end a name or an address are left out. */
static void put(char *out, size_t room, const char *text)
{
	size_t len = 0;

	for (; *text != '\0' && len + 1 < room; text++) {
		unsigned char c = (unsigned char)*text;

		out[len++] = c < ' ' || c == 127 || c == '<' || c == '>' ? '_' : (char)c;
	}
	out[tfs_utf8_cut(out, len)] = '\0';
	tfs_utf8_tame(out);
	/* git strips these from both ends; something must be left. */
	if (out[strspn(out, " .,:;\"\\'_")] == '\0')
		snprintf(out, room, "unnamed");
}

static bool put_configured(const struct tfs_config *config, const char *who, struct author *ret)
{
	for (size_t i = 0; i < config->n_authors; i++) {
		const struct tfs_config_author *author = &config->authors[i];

		if (strcmp(author->who, who) != 0)
			continue;
		put(ret->name, sizeof(ret->name), author->name ? author->name : who);
		if (author->email)
			put(ret->mail, sizeof(ret->mail), author->email);
		return author->name && author->email;
	}
	return false;
}

static void put_mail(struct author *ret, const char *who, const char *host)
{
	char mail[192];

	snprintf(mail, sizeof(mail), "%s@%s", who, host);
	for (char *c = mail; *c != '\0'; c++)
		if (*c == ' ')
			*c = '_';
	put(ret->mail, sizeof(ret->mail), mail);
}

void history_author_of_uid(const struct tfs_config *config, uid_t uid, struct author *ret)
{
	struct passwd entry, *found = NULL;
	char number[16], host[64] = "localhost", full[128] = "";
	cleanup_free char *bytes = malloc(PASSWD_BYTES);

	*ret = (struct author){ 0 };
	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	if (bytes)
		getpwuid_r(uid, &entry, bytes, PASSWD_BYTES, &found);
	if (put_configured(config, number, ret) || (found && put_configured(config, found->pw_name, ret)))
		return;
	gethostname(host, sizeof(host) - 1);
	if (found && found->pw_gecos)
		snprintf(full, sizeof(full), "%.*s", (int)strcspn(found->pw_gecos, ","), found->pw_gecos);
	if (full[0] == '\0')
		snprintf(full, sizeof(full), "%s%s", found ? "" : "uid ", found ? found->pw_name : number);
	if (ret->name[0] == '\0')
		put(ret->name, sizeof(ret->name), full);
	if (ret->mail[0] == '\0')
		put_mail(ret, found ? found->pw_name : number, host);
}

void history_author_of_actor(const struct tfs_config *config, const char *actor, struct author *ret)
{
	*ret = (struct author){ 0 };
	if (put_configured(config, actor, ret))
		return;
	if (ret->name[0] == '\0')
		put(ret->name, sizeof(ret->name), actor);
	if (ret->mail[0] == '\0' && strchr(actor, '@'))
		put(ret->mail, sizeof(ret->mail), actor);
	else if (ret->mail[0] == '\0')
		put_mail(ret, actor, config->dns ? config->dns : config->name);
}

void history_author_unknown(const struct tfs_config *config, struct author *ret)
{
	put(ret->name, sizeof(ret->name), "unknown (seen by tenantfs)");
	put_mail(ret, "unknown", config->dns ? config->dns : config->name);
}

void history_author_tenantfs(const struct tfs_config *config, struct author *ret)
{
	put(ret->name, sizeof(ret->name), "tenantfs");
	put_mail(ret, "tenantfs", config->dns ? config->dns : config->name);
}
