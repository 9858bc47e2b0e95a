/* Parses fault rules and picks the one that applies to a request. */
#include "fault.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seed.h"
#include "tenantfs/lock.h"

enum { MAX_RULES = 64, PATTERN = 256, WORD = 320, MAX_SECONDS = 3600, MAX_LAG = 10 };

struct rule {
	struct fault fault;
	double rate;
	unsigned long count; /* 0: no limit */
	unsigned long after;
	char path[PATTERN]; /* "": any */
	char method[12];    /* "": any */
	unsigned long seen; /* requests that matched; protected by the set's lock */
};

struct fault_set {
	struct tfs_mutex lock;
	uint64_t random; /* protected by lock */
	size_t n;
	struct rule rules[MAX_RULES];
};

static const struct {
	const char *name;
	enum fault_kind kind;
} plain_kinds[] = {
	{ "badtag", FAULT_BADTAG },
	{ "badutf8", FAULT_BADUTF8 },
	{ "boxed", FAULT_BOXED },
	{ "deep", FAULT_DEEP },
	{ "doubled", FAULT_DOUBLED },
	{ "drop", FAULT_DROP },
	{ "drop-after", FAULT_DROP_AFTER },
	{ "dupkeys", FAULT_DUPKEYS },
	{ "garbage", FAULT_GARBAGE },
	{ "huge", FAULT_HUGE },
	{ "integer", FAULT_INTEGER },
	{ "keyed", FAULT_KEYED },
	{ "names", FAULT_NAMES },
	{ "nested", FAULT_NESTED },
	{ "oldkey", FAULT_OLDKEY },
	{ "pages", FAULT_PAGES },
	{ "real", FAULT_REAL },
	{ "replayed", FAULT_REPLAYED },
	{ "single", FAULT_SINGLE },
	{ "surrogate", FAULT_SURROGATE },
	{ "trickle", FAULT_TRICKLE },
	{ "truncate", FAULT_TRUNCATE },
};

static bool read_number(const char *text, double min, double max, double *ret)
{
	char *end;

	if (!text || !*text)
		return false;
	double value = strtod(text, &end);
	if (*end || !(value >= min && value <= max))
		return false;
	*ret = value;
	return true;
}

static bool read_count(const char *text, double min, double max, double *ret)
{
	return read_number(text, min, max, ret) && *ret == floor(*ret);
}

static bool copy_word(char *to, size_t size, const char *text)
{
	return text && *text && (size_t)snprintf(to, size, "%s", text) < size;
}

static bool is_addition(const struct rule *rule)
{
	return rule->fault.latency_ms || rule->fault.lag_ms || rule->fault.fold || rule->fault.recordless ||
	       rule->fault.shift;
}

/* A rule has one kind. */
static bool set_kind(struct rule *rule, enum fault_kind kind, int status, const char *name)
{
	if (rule->fault.kind != FAULT_NONE || is_addition(rule))
		return false;
	rule->fault.kind = kind;
	rule->fault.status = status;
	return (size_t)snprintf(rule->fault.name, sizeof(rule->fault.name), "%s", name) < sizeof(rule->fault.name);
}

static bool read_status(struct rule *rule, const char *value)
{
	double number;
	char name[24];

	if (!read_count(value, 200, 599, &number))
		return false;
	snprintf(name, sizeof(name), "status=%d", (int)number);
	return set_kind(rule, FAULT_STATUS, (int)number, name);
}

/* Parses a word that names a kind; -ENOENT: it does not. */
static int read_kind(struct rule *rule, const char *key, const char *value)
{
	double number;

	if (!strcmp(key, "status"))
		return read_status(rule, value) ? 0 : -EINVAL;
	if (!strcmp(key, "stall")) {
		if (!read_number(value, 0, MAX_SECONDS, &number) || !set_kind(rule, FAULT_STALL, 0, "stall"))
			return -EINVAL;
		rule->fault.stall_ms = (unsigned)(number * 1000);
		return 0;
	}
	if (!strcmp(key, "latency")) {
		if (!read_count(value, 1, MAX_SECONDS * 1000, &number) || rule->fault.kind != FAULT_NONE)
			return -EINVAL;
		rule->fault.latency_ms = (unsigned)number;
		return 0;
	}
	if (!strcmp(key, "lag")) {
		if (!read_number(value, 0.001, MAX_LAG, &number) || rule->fault.kind != FAULT_NONE)
			return -EINVAL;
		rule->fault.lag_ms = (unsigned)(number * 1000);
		return 0;
	}
	if (value)
		return -ENOENT;
	if (!strcmp(key, "lose") || !strcmp(key, "gain")) {
		rule->fault.shift = key[0] == 'l' ? 1 : -1;
		return rule->fault.kind == FAULT_NONE ? 0 : -EINVAL;
	}
	if (!strcmp(key, "fold") || !strcmp(key, "recordless")) {
		*(key[0] == 'f' ? &rule->fault.fold : &rule->fault.recordless) = true;
		return rule->fault.kind == FAULT_NONE ? 0 : -EINVAL;
	}
	if (!strcmp(key, "429"))
		return set_kind(rule, FAULT_STATUS, 429, "429") ? 0 : -EINVAL;
	if (!strcmp(key, "conflict"))
		return set_kind(rule, FAULT_STATUS, 409, "conflict") ? 0 : -EINVAL;
	for (size_t i = 0; i < sizeof(plain_kinds) / sizeof(*plain_kinds); i++)
		if (!strcmp(key, plain_kinds[i].name))
			return set_kind(rule, plain_kinds[i].kind, 0, key) ? 0 : -EINVAL;
	return -ENOENT;
}

/* Parses a word that is a condition. */
static bool read_condition(struct rule *rule, const char *key, const char *value)
{
	double number = 0;
	bool ok = false;

	if (!strcmp(key, "rate")) {
		ok = read_number(value, 0, 1, &rule->rate);
	} else if (!strcmp(key, "count")) {
		ok = read_count(value, 1, 1e9, &number);
		rule->count = (unsigned long)number;
	} else if (!strcmp(key, "after")) {
		ok = read_count(value, 0, 1e9, &number);
		rule->after = (unsigned long)number;
	} else if (!strcmp(key, "retry-after")) {
		ok = read_count(value, 0, 86400, &number);
		rule->fault.retry_after = (int)number;
	} else if (!strcmp(key, "path")) {
		ok = copy_word(rule->path, sizeof(rule->path), value) && value[0] == '/';
	} else if (!strcmp(key, "method")) {
		ok = copy_word(rule->method, sizeof(rule->method), value);
	}
	return ok;
}

static int read_word(struct rule *rule, const char *text, size_t len, struct tfs_error *error)
{
	char word[WORD];

	while (len && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
		len--;
	if (!len || len >= sizeof(word))
		return tfs_error_set(error, -EINVAL, "fault", "an empty or overlong word in a fault rule");
	memcpy(word, text, len);
	word[len] = '\0';
	char *value = strchr(word, '=');
	if (value)
		*value++ = '\0';
	int r = read_kind(rule, word, value);
	if (r == -ENOENT && read_condition(rule, word, value))
		r = 0;
	if (r < 0)
		return tfs_error_set(error, -EINVAL, "fault", "unknown word \"%.*s\" in a fault rule", (int)len, text);
	return 0;
}

static int read_rule(struct fault_set *set, const char *text, size_t len, struct tfs_error *error)
{
	struct rule rule = { .rate = 1, .fault.retry_after = -1 };
	size_t blank = 0;

	while (blank < len && strchr(" \t\r", text[blank]))
		blank++;
	if (blank == len)
		return 0;
	if (set->n == MAX_RULES)
		return tfs_error_set(error, -EINVAL, "fault", "more than %d fault rules", MAX_RULES);
	for (size_t at = 0; at <= len;) {
		const char *comma = memchr(text + at, ',', len - at);
		size_t end = comma ? (size_t)(comma - text) : len;
		int r = read_word(&rule, text + at, end - at, error);
		if (r < 0)
			return r;
		at = end + 1;
	}
	if (rule.fault.kind == FAULT_NONE && !is_addition(&rule))
		return tfs_error_set(error, -EINVAL, "fault", "a fault rule has no kind of fault:  \"%.*s\"", (int)len,
				     text);
	set->rules[set->n++] = rule;
	return 0;
}

int sandbox_fault_set_new(const char *spec, uint64_t seed, struct fault_set **ret, struct tfs_error *error)
{
	struct fault_set *set = calloc(1, sizeof(*set));
	int r = 0;

	if (!set)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&set->lock);
	set->random = seed;
	for (const char *text = spec ? spec : ""; *text && r == 0;) {
		size_t len = strcspn(text, ";\n");
		r = read_rule(set, text, len, error);
		text += len + (text[len] != '\0');
	}
	if (r < 0) {
		sandbox_fault_set_free(set);
		return r;
	}
	*ret = set;
	return 0;
}

void sandbox_fault_set_free(struct fault_set *set)
{
	if (!set)
		return;
	tfs_mutex_destroy(&set->lock);
	free(set);
}

static bool path_matches(const char *pattern, const char *path)
{
	if (!pattern[0])
		return true;
	if (strpbrk(pattern, "*?["))
		return fnmatch(pattern, path, 0) == 0;
	return strncmp(pattern, path, strlen(pattern)) == 0;
}

static bool applies(struct fault_set *set, struct rule *rule, const struct fault_request *request)
{
	if (rule->method[0] && strcmp(rule->method, request->method))
		return false;
	if (!path_matches(rule->path, request->path))
		return false;
	if (rule->fault.kind == FAULT_BADTAG && !request->sealed)
		return false;
	if (rule->fault.kind == FAULT_OLDKEY && !request->sealed && !request->is_key)
		return false;
	unsigned long number = ++rule->seen;
	if (number <= rule->after || (rule->count && number > rule->after + rule->count))
		return false;
	return rule->rate >= 1 || sandbox_seed_fraction(sandbox_seed_next(&set->random)) < rule->rate;
}

static void add(struct fault_set *set, const struct fault *rule, struct fault *sum)
{
	double part = rule->lag_ms ? sandbox_seed_fraction(sandbox_seed_next(&set->random)) : 0;

	sum->latency_ms += rule->latency_ms;
	sum->lag_ms += (unsigned)(part * rule->lag_ms);
	sum->lags = sum->lags || rule->lag_ms;
	sum->shift += rule->shift;
	sum->fold = sum->fold || rule->fold;
	sum->recordless = sum->recordless || rule->recordless;
}

void sandbox_fault_pick(struct fault_set *set, const struct fault_request *request, struct fault *ret)
{
	struct fault sum = { .kind = FAULT_NONE }, picked = { .kind = FAULT_NONE };

	tfs_mutex_lock(&set->lock);
	for (size_t i = 0; i < set->n; i++) {
		struct rule *rule = &set->rules[i];
		if (is_addition(rule)) {
			if (applies(set, rule, request))
				add(set, &rule->fault, &sum);
		} else if (picked.kind == FAULT_NONE && applies(set, rule, request)) {
			picked = rule->fault;
		}
	}
	tfs_mutex_unlock(&set->lock);
	*ret = picked;
	ret->latency_ms = sum.latency_ms;
	ret->lag_ms = sum.lag_ms;
	ret->lags = sum.lags;
	ret->shift = sum.shift;
	ret->fold = sum.fold;
	ret->recordless = sum.recordless;
}
