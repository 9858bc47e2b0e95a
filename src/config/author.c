/* The [author "WHO"] sections: names and addresses for the history's commits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

enum { AUTHORS_MAX = 10000 };

/* Finds or adds the author; NULL: out of memory, or too many. */
static struct tfs_config_author *get_author(struct tfs_config *config, const char *who, size_t len)
{
	struct tfs_config_author *author, *more;

	for (size_t i = 0; i < config->n_authors; i++)
		if (strlen(config->authors[i].who) == len && memcmp(config->authors[i].who, who, len) == 0)
			return &config->authors[i];
	if (config->n_authors == AUTHORS_MAX)
		return NULL;
	more = reallocarray(config->authors, config->n_authors + 1, sizeof(*more));
	if (!more)
		return NULL;
	config->authors = more;
	author = &more[config->n_authors];
	*author = (struct tfs_config_author){ .who = strndup(who, len) };
	if (!author->who)
		return NULL;
	config->n_authors++;
	return author;
}

int config_take_author(struct tfs_config *config, const char *file, const char *who, size_t len, const char *key,
		       const char *value, struct tfs_error *error)
{
	bool is_name = strcmp(key, "name") == 0;
	struct tfs_config_author *author;
	char **member;

	if (!is_name && strcmp(key, "email") != 0)
		return tfs_error_set(error, -EINVAL, "config",
				     "%s: author.%.*s.%s: no such setting; an author has name and email", file,
				     (int)len, who, key);
	if (!value || value[0] == '\0' || strpbrk(value, "<>\n"))
		return tfs_error_set(error, -EINVAL, "config", "%s: author.%.*s.%s: a text without < and > is needed",
				     file, (int)len, who, key);
	author = get_author(config, who, len);
	if (!author)
		return tfs_error_set(error, -ENOMEM, "config", "%s: too many authors", file);
	member = is_name ? &author->name : &author->email;
	free(*member);
	*member = strdup(value);
	return *member ? 0 : tfs_error_set_memory(error);
}
