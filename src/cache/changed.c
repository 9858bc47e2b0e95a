/* The names put or dropped during a fetch: their versions are newer than the fetched ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

bool cache_list_is_changed(const struct tfs_list *list, const char *name)
{
	for (size_t i = 0; i < list->n_changed; i++)
		if (strcmp(list->changed_during_fetch[i], name) == 0)
			return true;
	return false;
}

void cache_list_forget_changed(struct tfs_list *list)
{
	for (size_t i = 0; i < list->n_changed; i++)
		free(list->changed_during_fetch[i]);
	free(steal_pointer(&list->changed_during_fetch));
	list->n_changed = 0;
}

int cache_list_note_changed(struct tfs_list *list, const char *name)
{
	char **names;

	if (!list->fetching || cache_list_is_changed(list, name))
		return 0;
	names = realloc(list->changed_during_fetch, (list->n_changed + 1) * sizeof(*names));
	if (!names)
		return -ENOMEM;
	list->changed_during_fetch = names;
	names[list->n_changed] = strdup(name);
	if (!names[list->n_changed])
		return -ENOMEM;
	list->n_changed++;
	return 0;
}
