/* Records of answers that had to be repaired. */
#include "odd-records.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/log.h"

/* The length of the part of the pointer that leads to the record: the last element of an array. */
static size_t record_part(const char *pointer)
{
	size_t found = 0;

	for (const char *at = pointer; (at = strchr(at, '/')); at++) {
		size_t digits = strspn(at + 1, "0123456789");

		if (digits > 0 && (at[1 + digits] == '/' || at[1 + digits] == '\0'))
			found = (size_t)(at - pointer) + 1 + digits;
	}
	return found;
}

/* What a person knows the record by; NULL: nothing. */
static const char *name_of(const json_t *record)
{
	static const char *const names[] = { "username", "name", "displayName", "title", "id", "_id", "uid" };
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !name; i++)
		name = tfs_json_text(record, names[i]);
	return name;
}

static void describe(const struct tfs_endpoint *endpoint, const json_t *answer, const json_t *repair,
		     char out[ODD_TEXT])
{
	const char *at = tfs_json_text(repair, "at"), *what = tfs_json_text(repair, "what");
	cleanup_free char *pointer = at ? strndup(at, record_part(at)) : NULL;
	const char *name = pointer ? name_of(tfs_json_at(answer, pointer)) : NULL;
	const char *member = at ? strrchr(at, '/') : NULL;

	snprintf(out, ODD_TEXT, "%s %s: %s%s%shas %s in \"%s\"", endpoint->method, endpoint->path, name ? "\"" : "",
		 name ? name : "the answer ", name ? "\" " : "", what ? what : "?", member ? member + 1 : "");
}

void api_odd_records_note(struct odd_records *odd, const struct tfs_endpoint *endpoint, const json_t *answer,
			  const json_t *repairs)
{
	for (size_t i = 0; i < json_array_size(repairs); i++) {
		char text[ODD_TEXT];
		bool known = false;

		describe(endpoint, answer, json_array_get(repairs, i), text);
		tfs_mutex_lock(&odd->lock);
		for (size_t j = 0; j < odd->count; j++)
			known = known || strcmp(odd->texts[j], text) == 0;
		if (!known && odd->count == ODD_RECORDS)
			memmove(odd->texts[0], odd->texts[1], (ODD_RECORDS - 1) * sizeof(odd->texts[0]));
		if (!known) {
			odd->count += odd->count < ODD_RECORDS;
			memcpy(odd->texts[odd->count - 1], text, sizeof(text));
		}
		tfs_mutex_unlock(&odd->lock);
		if (!known)
			tfs_log(TFS_LOG_WARNING, 0, "%s; it is shown repaired", text);
	}
}
