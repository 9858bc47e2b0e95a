/* Compares records of lists with the same records read by their id, and remembers what is found. */
#include "short-lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"

enum { FILE_MAX_BYTES = 1 << 20, TYPE_MAX_BYTES = 200, TYPES_MAX = 64 };

#define OTHER "other" /* the type of records that would need too long a key, or one too many */

/* What was found out: how long it holds, whether it is stored, and the verdict. */
static const struct {
	const char *name;
	json_int_t holds_s; /* 0: for good */
	bool stored;
	enum short_verdict verdict;
} findings[] = {
	[SHORT_FOUND] = { "short", 0, true, SHORT_YES },
	[SHORT_WHOLE] = { "whole", 24 * 3600, true, SHORT_NO },
	[SHORT_REFUSED] = { "refused", 300, false, SHORT_NO },
	[SHORT_FAILED] = { "failed", 60, false, SHORT_YES },
};

struct short_lists {
	char *path;
	struct tfs_mutex lock; /* a leaf */
	json_t *known;         /* {KIND: {TYPE: [name of the finding, time]}}; protected by `lock` */
};

static void load(struct short_lists *lists)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_MAX_BYTES);

	if (tfs_file_read(lists->path, &text, NULL) == 0 && text.data &&
	    tfs_json_parse(text.data, text.len, &lists->known, NULL) == 0 && json_is_object(lists->known))
		return;
	json_decref(lists->known);
	lists->known = json_object();
}

int resource_short_lists_new(const struct tfs_config *config, struct short_lists **ret)
{
	struct short_lists *lists = calloc(1, sizeof(*lists));

	if (!lists)
		return -ENOMEM;
	tfs_mutex_init(&lists->lock);
	if (asprintf(&lists->path, "%s/short-lists", config->state_dir) < 0) {
		lists->path = NULL;
		resource_short_lists_free(lists);
		return -ENOMEM;
	}
	load(lists);
	*ret = lists;
	return 0;
}

void resource_short_lists_free(struct short_lists *lists)
{
	if (!lists)
		return;
	tfs_mutex_destroy(&lists->lock);
	json_decref(lists->known);
	free(lists->path);
	free(lists);
}

/* The members that the kind's types differ in, as the record has them. NULL: out of memory. */
static char *type_of(const struct tfs_kind *kind, const json_t *record)
{
	cleanup_json json_t *type = json_object();
	char *text;

	for (size_t i = 0; i < kind->n_types; i++) {
		cleanup_json json_t *members = json_loads(kind->types[i].members, 0, NULL);
		const char *name;
		json_t *value;

		json_object_foreach (members, name, value)
			if (json_object_get(record, name))
				json_object_set(type, name, json_object_get(record, name));
	}
	text = json_dumps(type, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text || strlen(text) <= TYPE_MAX_BYTES)
		return text;
	free(text);
	return strdup(OTHER);
}

/* The types of a kind, and the key of `type` among them. */
static const json_t *find_types(struct short_lists *lists, const struct tfs_kind *kind, const char **type)
	TFS_HOLDS(lists->lock)
{
	const json_t *types = json_object_get(lists->known, kind->name);

	if (json_object_size(types) >= TYPES_MAX && !json_object_get(types, *type))
		*type = OTHER;
	return types;
}

static enum short_verdict verdict_of(const json_t *entry)
{
	const char *name = json_string_value(json_array_get(entry, 0));
	json_int_t age = (json_int_t)tfs_clock_wall().tv_sec - json_integer_value(json_array_get(entry, 1));

	for (size_t i = 0; name && i < sizeof(findings) / sizeof(*findings); i++)
		if (strcmp(findings[i].name, name) == 0 &&
		    (findings[i].holds_s == 0 || (age >= 0 && age < findings[i].holds_s)))
			return findings[i].verdict;
	return SHORT_UNKNOWN;
}

enum short_verdict resource_short_lists_judge(struct short_lists *lists, const struct tfs_kind *kind,
					      const json_t *record)
{
	cleanup_free char *text = type_of(kind, record);
	const char *type = text;
	enum short_verdict verdict;

	/* Without memory for it, what is shown is not taken for whole. */
	if (!type)
		return SHORT_YES;
	tfs_mutex_lock(&lists->lock);
	verdict = verdict_of(json_object_get(find_types(lists, kind, &type), type));
	tfs_mutex_unlock(&lists->lock);
	return verdict;
}

static bool is_server_member(const char *name)
{
	for (const char *const *at = document_server_names; *at; at++)
		if (strcmp(*at, name) == 0)
			return true;
	return false;
}

/* Whether `whole` has something that `listed` lacks. Ids and times that the server sets do not count. */
static bool lacks(const json_t *listed, const json_t *whole)
{
	const char *name;
	json_t *value;

	if (json_is_array(whole) && json_array_size(listed) == json_array_size(whole)) {
		for (size_t i = 0; i < json_array_size(whole); i++)
			if (lacks(json_array_get(listed, i), json_array_get(whole, i)))
				return true;
	}
	json_object_foreach ((json_t *)(uintptr_t)whole, name, value) {
		const json_t *shown = json_object_get(listed, name);

		if (is_server_member(name) || json_is_null(value))
			continue;
		if (!shown || lacks(shown, value))
			return true;
	}
	return json_is_array(whole) && json_array_size(listed) < json_array_size(whole);
}

enum short_finding resource_short_lists_compare(const json_t *listed, const json_t *whole)
{
	return lacks(listed, whole) ? SHORT_FOUND : SHORT_WHOLE;
}

static bool is_stored(const json_t *entry)
{
	const char *name = json_string_value(json_array_get(entry, 0));

	for (size_t i = 0; name && i < sizeof(findings) / sizeof(*findings); i++)
		if (strcmp(findings[i].name, name) == 0)
			return findings[i].stored;
	return false;
}

/* The text of the file. */
static int print_stored(const struct short_lists *lists, struct tfs_buf *out) TFS_HOLDS(lists->lock)
{
	cleanup_json json_t *kept = json_deep_copy(lists->known);
	const char *kind, *type;
	json_t *types, *entry;
	void *next;

	json_object_foreach (kept, kind, types)
		json_object_foreach_safe (types, next, type, entry)
			if (!is_stored(entry))
				json_object_del(types, type);
	return kept ? tfs_json_print(kept, out) : -ENOMEM;
}

enum short_verdict resource_short_lists_learn(struct short_lists *lists, const struct tfs_kind *kind,
					      const json_t *record, enum short_finding finding)
{
	struct tfs_buf stored cleanup_buf = TFS_BUF_INIT(FILE_MAX_BYTES);
	cleanup_free char *text = type_of(kind, record);
	struct tfs_error error = { 0 };
	const char *type = text;
	json_t *entry;
	int r;

	if (!type)
		return SHORT_YES;
	tfs_mutex_lock(&lists->lock);
	if (!find_types(lists, kind, &type))
		json_object_set_new(lists->known, kind->name, json_object());
	entry = json_pack("[sI]", findings[finding].name, (json_int_t)tfs_clock_wall().tv_sec);
	json_object_set_new(json_object_get(lists->known, kind->name), type, entry);
	r = print_stored(lists, &stored);
	tfs_mutex_unlock(&lists->lock);
	/* What cannot be stored is found out again by the next daemon. */
	if (r == 0 && findings[finding].stored &&
	    tfs_file_write(lists->path, stored.data, stored.len, 0600, &error) < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "short lists: cannot be stored: %s", error.message);
	tfs_log(TFS_LOG_DEBUG, 0, "the list of each %s %s: %s", kind->name, type, findings[finding].name);
	return findings[finding].verdict;
}
