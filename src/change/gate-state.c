/* State of the gates: allowances, kept in the state folder, and counts of recent removals. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/hash.h"
#include "tenantfs/lock.h"
#include "tenantfs/path.h"
#include "writer.h"

enum {
	ALLOWANCES = 32, /* the oldest goes when there is one more */
	FILE_BYTES = 256 << 10,
	WINDOW_MS = 60000,
};

static const char *const words[TFS_GATES] = { "removals", "lockout", "weakening", "blanking" };

/* When the last removals of a set, or calls of an endpoint, were; oldest first. */
struct removals {
	const void *of;
	UT_hash_handle hh;
	uint64_t at_ms[REMOVALS_MAX];
	size_t count;
};

struct allowance {
	enum tfs_gate gate;
	char *path;    /* without ".json" */
	int64_t until; /* epoch seconds */
};

struct gates {
	struct tfs_mutex lock; /* a leaf */
	char *file;
	/* All below protected by lock. */
	struct allowance allowances[ALLOWANCES];
	size_t n_allowances;
	unsigned long refused[TFS_GATES];
	struct removals *removals; /* by `of` */
};

static int find_word(const char *word, enum tfs_gate *ret)
{
	for (size_t i = 0; word && i < TFS_GATES; i++)
		if (strcmp(words[i], word) == 0) {
			*ret = (enum tfs_gate)i;
			return 0;
		}
	return -EINVAL;
}

static void drop_allowance(struct gates *gates, size_t at) TFS_HOLDS(gates->lock)
{
	assert(at < gates->n_allowances);
	free(gates->allowances[at].path);
	memmove(&gates->allowances[at], &gates->allowances[at + 1],
		(gates->n_allowances - at - 1) * sizeof(gates->allowances[0]));
	gates->n_allowances--;
}

static void drop_ended(struct gates *gates) TFS_HOLDS(gates->lock)
{
	int64_t now = tfs_clock_wall().tv_sec;

	for (size_t i = gates->n_allowances; i-- > 0;)
		if (gates->allowances[i].until <= now)
			drop_allowance(gates, i);
}

/* The path in the form gates compare: relative to the mount's root, without ".json". */
static char *plain_path(const char *path)
{
	size_t len;

	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len > 5 && strncmp(path + len - 5, ".json", 5) == 0)
		len -= 5;
	return strndup(path, len);
}

/* Replaces an earlier allowance of the same gate and path. */
static int add_allowance(struct gates *gates, enum tfs_gate gate, const char *path, int64_t until)
	TFS_HOLDS(gates->lock)
{
	char *plain = plain_path(path);

	if (!plain)
		return -ENOMEM;
	for (size_t i = gates->n_allowances; i-- > 0;)
		if (gates->allowances[i].gate == gate && strcmp(gates->allowances[i].path, plain) == 0)
			drop_allowance(gates, i);
	if (gates->n_allowances == ALLOWANCES)
		drop_allowance(gates, 0);
	gates->allowances[gates->n_allowances++] = (struct allowance){ gate, plain, until };
	return 0;
}

static void read_allowances(struct gates *gates, const json_t *list) TFS_HOLDS(gates->lock)
{
	const json_t *entry;
	enum tfs_gate gate;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *path = tfs_json_text(entry, "path");

		if (path && find_word(tfs_json_text(entry, "word"), &gate) == 0)
			add_allowance(gates, gate, path, json_integer_value(json_object_get(entry, "until")));
	}
	drop_ended(gates);
}

static json_t *allowances_json(const struct gates *gates) TFS_HOLDS(gates->lock)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < gates->n_allowances; i++) {
		const struct allowance *allowance = &gates->allowances[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "word", words[allowance->gate], "path",
						      allowance->path, "until", (json_int_t)allowance->until));
	}
	return list;
}

int change_gates_new(const struct tfs_config *config, struct gates **ret, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_BYTES);
	json_t *list cleanup_json = NULL;
	struct gates *gates = calloc(1, sizeof(*gates));

	if (!gates)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&gates->lock);
	if (asprintf(&gates->file, "%s/allowed.json", config->state_dir) < 0)
		gates->file = NULL;
	if (!gates->file) {
		change_gates_free(gates);
		return tfs_error_set_memory(error);
	}
	/* A file that cannot be read allows nothing. */
	if (tfs_file_read_private(gates->file, &text, NULL) == 0 &&
	    tfs_json_parse(text.data, text.len, &list, NULL) == 0) {
		tfs_mutex_lock(&gates->lock);
		read_allowances(gates, list);
		tfs_mutex_unlock(&gates->lock);
	}
	*ret = gates;
	return 0;
}

static void free_removals(struct gates *gates)
{
	struct removals *removals, *next;

	HASH_ITER (hh, gates->removals, removals, next) {
		HASH_DEL(gates->removals, removals);
		free(removals);
	}
}

void change_gates_free(struct gates *gates)
{
	if (!gates)
		return;
	tfs_mutex_lock(&gates->lock);
	while (gates->n_allowances > 0)
		drop_allowance(gates, gates->n_allowances - 1);
	tfs_mutex_unlock(&gates->lock);
	tfs_mutex_destroy(&gates->lock);
	free_removals(gates);
	free(gates->file);
	free(gates);
}

static bool is_allowed(struct gates *gates, enum tfs_gate gate, const char *path) TFS_HOLDS(gates->lock)
{
	cleanup_free char *plain = plain_path(path);
	bool allowed = false;

	drop_ended(gates);
	for (size_t i = 0; plain && i < gates->n_allowances && !allowed; i++)
		allowed = gates->allowances[i].gate == gate && tfs_path_is_below(plain, gates->allowances[i].path);
	return allowed;
}

bool change_gates_allow(struct gates *gates, const struct tfs_op *op, enum tfs_gate gate, const char *path)
{
	bool allowed;

	tfs_mutex_lock(&gates->lock);
	allowed = is_allowed(gates, gate, path);
	/* A dry run is not counted as refused. */
	if (!allowed && !tfs_op_dry_run(op))
		gates->refused[gate]++;
	tfs_mutex_unlock(&gates->lock);
	return allowed;
}

/* NULL when out of memory. */
static struct removals *find_removals(struct gates *gates, const void *of, bool add) TFS_HOLDS(gates->lock)
{
	struct removals *removals;

	HASH_FIND_PTR(gates->removals, &of, removals);
	if (removals || !add)
		return removals;
	removals = calloc(1, sizeof(*removals));
	if (!removals)
		return NULL;
	removals->of = of;
	HASH_ADD_PTR(gates->removals, of, removals);
	if (tfs_hash_added(removals))
		return removals;
	free(removals);
	return NULL;
}

/* Drops removals older than the window. */
static void drop_old(struct removals *removals)
{
	uint64_t now = tfs_clock_ms();

	while (removals->count > 0 && now - removals->at_ms[0] >= WINDOW_MS) {
		removals->count--;
		memmove(removals->at_ms, removals->at_ms + 1, removals->count * sizeof(removals->at_ms[0]));
	}
}

enum removal change_gates_count(struct gates *gates, const char *path, const void *of, size_t limit)
{
	struct removals *removals, *all;
	enum removal verdict = REMOVAL_REFUSED;

	tfs_mutex_lock(&gates->lock);
	removals = find_removals(gates, of, true);
	all = find_removals(gates, gates, true);
	if (is_allowed(gates, TFS_GATE_REMOVALS, path)) {
		verdict = REMOVAL_PASSES;
	} else if (removals && all) {
		drop_old(removals);
		drop_old(all);
		verdict = removals->count >= limit     ? REMOVAL_REFUSED
			  : all->count >= REMOVALS_MAX ? REMOVAL_REFUSED_BY_ALL
						       : REMOVAL_PASSES;
		if (verdict == REMOVAL_PASSES) {
			removals->at_ms[removals->count++] = tfs_clock_ms();
			all->at_ms[all->count++] = tfs_clock_ms();
		}
	}
	gates->refused[TFS_GATE_REMOVALS] += verdict != REMOVAL_PASSES;
	tfs_mutex_unlock(&gates->lock);
	return verdict;
}

size_t change_gates_recent(struct gates *gates, const void *of)
{
	struct removals *removals;
	size_t recent = 0;

	tfs_mutex_lock(&gates->lock);
	removals = find_removals(gates, of, false);
	if (removals) {
		drop_old(removals);
		recent = removals->count;
	}
	tfs_mutex_unlock(&gates->lock);
	return recent;
}

int change_gate_refuse(struct tfs_op *op, enum tfs_gate gate, const char *path, const char *format, ...)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(64 << 10);
	cleanup_free char *reason = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&reason, format, args) < 0)
		reason = NULL;
	va_end(args);
	tfs_buf_printf(&text, "%s; if it is meant: tenantfs allow %s ", reason ? reason : "", words[gate]);
	tfs_buf_put_word(&text, path);
	return tfs_fail(op, -EPERM, "gate", "%s", text.data ? text.data : "out of memory");
}

int tfs_store_allow(struct tfs_store *store, struct tfs_op *op, const char *word, const char *path, uint64_t ms)
{
	struct gates *gates = store->writer->gates;
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_BYTES);
	json_t *list cleanup_json = NULL;
	enum tfs_gate gate;
	int r;

	if (find_word(word, &gate) < 0)
		return tfs_fail(op, -EINVAL, "gate",
				"there is no gate \"%s\": it is removals, lockout, weakening or blanking",
				word ? word : "");
	if (ms == 0 || ms > TFS_GATE_LONGEST_MS)
		return tfs_fail(op, -EINVAL, "gate", "a gate stays open for a day at most");
	tfs_mutex_lock(&gates->lock);
	drop_ended(gates);
	r = add_allowance(gates, gate, path, tfs_clock_wall().tv_sec + (int64_t)((ms + 999) / 1000));
	list = allowances_json(gates);
	tfs_mutex_unlock(&gates->lock);
	if (r < 0 || !list || tfs_json_print_document(list, &text) < 0)
		return tfs_fail_memory(op);
	return tfs_file_write(gates->file, text.data, text.len, 0600, tfs_op_error(op));
}

json_t *tfs_store_gates(struct tfs_store *store)
{
	struct gates *gates = store->writer->gates;
	json_t *list, *refused = json_object();

	tfs_mutex_lock(&gates->lock);
	drop_ended(gates);
	list = allowances_json(gates);
	for (size_t i = 0; refused && i < TFS_GATES; i++)
		json_object_set_new(refused, words[i], json_integer((json_int_t)gates->refused[i]));
	tfs_mutex_unlock(&gates->lock);
	return json_pack("{s:o, s:o}", "refused", refused, "allowed", list);
}
