/* What programs mean by what they do. */
#include "replacer.h"

#include <stdio.h>
#include <string.h>

#include "tenantfs/digest.h"
#include "version.h"

enum {
	REPLACES = 1 << 0, /* by default it removes a file that is in its way, then creates it */
	MOVES = 1 << 1,    /* it may also move files away: then it reads them before it removes them */
	NESTS = 1 << 2,    /* it runs itself for parts of its work, as `git pull` does */
};

struct program {
	const char *name;
	unsigned flags;
	const char *only;   /* verbs that replace; NULL: all */
	const char *except; /* verbs that mean a removal */
};

/*
 * A program that is missing here removes at once, like rm: that is what unlink means, and a caller of os.remove wants
 * the server's verdict. The setting `replacing-program` adds programs.
 */
static const struct program programs[] = {
	{ "tar", REPLACES | MOVES, NULL, NULL }, /* with --remove-files it moves */
	{ "gtar", REPLACES | MOVES, NULL, NULL },
	{ "bsdtar", REPLACES, NULL, NULL },
	{ "star", REPLACES | MOVES, NULL, NULL },
	{ "pax", REPLACES, NULL, NULL },
	{ "cpio", REPLACES, NULL, NULL },
	{ "bsdcpio", REPLACES, NULL, NULL },
	{ "unzip", REPLACES, NULL, NULL },
	{ "bsdunzip", REPLACES, NULL, NULL },
	{ "unar", REPLACES, NULL, NULL },
	{ "7z", REPLACES, " x e ", NULL }, /* with -sdel it moves; its reader is another thread */
	{ "7za", REPLACES, " x e ", NULL },
	{ "7zr", REPLACES, " x e ", NULL },
	{ "7zz", REPLACES, " x e ", NULL },
	{ "cp", REPLACES, NULL, NULL },
	{ "install", REPLACES, NULL, NULL },
	{ "ginstall", REPLACES, NULL, NULL },
	{ "mv", REPLACES | MOVES, NULL, NULL },
	{ "git", REPLACES | NESTS, NULL, " rm clean " },
	{ "hg", REPLACES | NESTS, NULL, " rm remove purge " },
	{ "jj", REPLACES, NULL, NULL },
	{ "patch", REPLACES, NULL, NULL },
	{ "find", 0, NULL, NULL },
	{ "rm", 0, NULL, NULL },
	{ "rsync", NESTS, NULL, NULL },
};

static const struct program *find_program(const char *name)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(programs[i].name, name) == 0)
			return &programs[i];
	return NULL;
}

/* `words` has a space before and after each word. */
static bool has_word(const char *words, const char *word)
{
	char text[TFS_CALLER_WORD + 2];

	snprintf(text, sizeof(text), " %s ", word);
	return strstr(words, text);
}

/* The setting names a program, or a script that a program runs. */
static bool is_configured(const struct tfs_config *config, const struct tfs_caller *caller)
{
	for (size_t i = 0; i < config->n_replacing_programs; i++)
		if (strcmp(config->replacing_programs[i], caller->program) == 0 ||
		    strcmp(config->replacing_programs[i], caller->verb) == 0)
			return true;
	return false;
}

static bool has_read(struct tfs_tree *tree, const struct tfs_caller *caller) TFS_LACKS(tree->lock)
{
	bool read;

	tree_lock(tree);
	read = tree_version_reads_since(tree, caller->pid, caller->started_ms);
	tree_unlock(tree);
	return read;
}

/* The process that does the whole work of a program. */
static struct tfs_caller whole(const struct program *program, const struct tfs_caller *caller)
{
	return program && program->flags & NESTS ? tfs_caller_outermost(caller) : *caller;
}

bool tree_replacer_process(const struct tfs_op *op, struct tfs_caller *ret)
{
	struct tfs_caller caller;

	if (!tfs_caller_read(tfs_op_pid(op), &caller))
		return false;
	*ret = whole(find_program(caller.program), &caller);
	return true;
}

bool tree_replacer_find(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_caller *ret)
{
	const struct program *program;
	struct tfs_caller caller;

	if (!tfs_caller_read(tfs_op_pid(op), &caller))
		return false;
	program = find_program(caller.program);
	*ret = whole(program, &caller);
	if (!program)
		return is_configured(tree->config, &caller);
	if (!(program->flags & REPLACES) || (program->only && !has_word(program->only, caller.verb)) ||
	    (program->except && has_word(program->except, caller.verb)))
		return false;
	return !(program->flags & MOVES && has_read(tree, &caller));
}

void tree_change_set_apply(const struct tfs_tree *tree, struct tfs_op *op)
{
	struct {
		uint64_t pid, started_ms;
		struct timespec mounted;
	} key = { 0 };
	const struct program *program;
	struct tfs_caller caller;
	char set[TFS_OP_SET + 1];

	if (tfs_op_change_set(op)[0] != '\0' || !tfs_caller_read(tfs_op_pid(op), &caller))
		return;
	program = find_program(caller.program);
	if (!program && !is_configured(tree->config, &caller))
		return;
	caller = whole(program, &caller);
	key.pid = (uint64_t)caller.pid;
	key.started_ms = caller.started_ms;
	key.mounted = tree->started;
	if (tfs_fingerprint(&key, sizeof(key), set) == 0)
		tfs_op_set_change_set(op, set);
}
