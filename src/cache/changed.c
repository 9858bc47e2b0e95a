/* The names that were put or dropped while a fetch is under way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

bool list_touched(const struct tfs_list *list, const char *name)
{
	for (size_t i = 0; i < list->n_touched; i++)
		if (strcmp(list->touched[i], name) == 0)
			return true;
	return false;
}

void list_forget_touched(struct tfs_list *list)
{
	for (size_t i = 0; i < list->n_touched; i++)
		free(list->touched[i]);
	free(steal_pointer(&list->touched));
	list->n_touched = 0;
}

int list_touch(struct tfs_list *list, const char *name)
{
	char **touched;

	if (!list->fetching || list_touched(list, name))
		return 0;
	touched = realloc(list->touched, (list->n_touched + 1) * sizeof(*touched));
	if (touched == NULL)
		return -ENOMEM;
	list->touched = touched;
	touched[list->n_touched] = strdup(name);
	if (touched[list->n_touched] == NULL)
		return -ENOMEM;
	list->n_touched++;
	return 0;
}
