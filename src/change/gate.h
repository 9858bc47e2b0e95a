/* Gates, checked before the first call that changes something. */
#ifndef TENANTFS_CHANGE_GATE_H
#define TENANTFS_CHANGE_GATE_H

#include "save.h"
#include "tenantfs/gate.h"

struct gates;
/* Reads the allowances that have not expired. */
int change_gates_new(const struct tfs_config *config, struct gates **ret, struct tfs_error *error);
void change_gates_free(struct gates *gates);

enum { REMOVALS_MAX = 10 };
/* Whether a removal passes: refused are those above a set's limit, and those above REMOVALS_MAX in the whole mount. */
enum removal { REMOVAL_PASSES, REMOVAL_REFUSED, REMOVAL_REFUSED_BY_ALL };
/*
 * Counts a removal of a set, or a call of an endpoint, `of`, which `path` names; `limit` within a minute pass, at most
 * REMOVALS_MAX. What an allowance covers passes and is not counted.
 */
enum removal change_gates_count(struct gates *gates, const char *path, const void *of, size_t limit);
/* Removals of the last minute. */
size_t change_gates_recent(struct gates *gates, const void *of);
/* Whether an allowance covers the path; if not, the refusal is counted. */
bool change_gates_allow(struct gates *gates, const struct tfs_op *op, enum tfs_gate gate, const char *path);
/* -EPERM with the reason and the command that opens the gate. */
int change_gate_refuse(struct tfs_op *op, enum tfs_gate gate, const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* 0 when an allowance covers the object; else the refusal, with the reason. */
int change_gate_pass(struct tfs_resource *resource, struct tfs_op *op, enum tfs_gate gate, const char *name,
		     const char *reason);
/* 0, or -EPERM with the op's error saying which command opens the gate. */
int change_gate_change(struct save *save);
int change_gate_remove(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc);
/* For a call made by file or command, with complete arguments. */
int change_gate_call(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call);

#endif
