/* README.md: what is where, and what may be done with it, from the catalogue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generated.h"

static int compare_paths(const void *a, const void *b)
{
	const struct tfs_kind *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

/* "communities/{community}/users/{auth-module}/{name}.json" with the braces people know from manuals. */
static int add_path(struct tfs_buf *out, const struct tfs_kind *kind)
{
	int r = tfs_buf_puts(out, "| `");

	for (const char *c = kind->path; *c != '\0' && r == 0; c++)
		r = tfs_buf_putc(out, *c == '{' ? '<' : *c == '}' ? '>' : *c);
	return r == 0 ? tfs_buf_puts(out, "`") : r;
}

static int add_cell(struct tfs_buf *out, bool can)
{
	return tfs_buf_puts(out, can ? " | yes" : " | –");
}

static int add_row(struct tfs_buf *out, const struct tfs_kind *kind, bool read_only)
{
	bool write = !read_only;
	int r = add_path(out, kind);

	if (r == 0)
		r = tfs_buf_printf(out, " | %s%s", kind->about != NULL ? kind->about : kind->group,
				   kind->on_demand ? " (not listed, there when named)" : "");
	if (r == 0)
		r = add_cell(out, write && kind->n_create > 0);
	if (r == 0)
		r = add_cell(out, write && kind->n_change > 0);
	if (r == 0)
		r = add_cell(out, write && kind->rename);
	if (r == 0)
		r = add_cell(out, write && kind->n_remove > 0);
	return r == 0 ? tfs_buf_puts(out, " |\n") : r;
}

static int add_reason(struct tfs_buf *out, const char *what, const char *reason)
{
	return reason != NULL ? tfs_buf_printf(out, "  - %s: %s\n", what, reason) : 0;
}

static int add_reasons(struct tfs_buf *out, const struct tfs_kind *kind)
{
	int r;

	if (kind->no_create == NULL && kind->no_change == NULL && kind->no_remove == NULL && kind->no_rename == NULL)
		return 0;
	r = tfs_buf_printf(out, "- %s\n", kind->name);
	if (r == 0)
		r = add_reason(out, "no new ones", kind->no_create);
	if (r == 0)
		r = add_reason(out, "no change", kind->no_change);
	if (r == 0)
		r = add_reason(out, "no renaming", kind->no_rename);
	if (r == 0)
		r = add_reason(out, "no removal", kind->no_remove);
	return r;
}

static const char HEAD[] =
	"# Tenant %s%s\n"
	"\n"
	"Each file is one document of the tenant. Saving it changes the tenant; a refusal is the error of the save,\n"
	"its reason stands in the attribute `user.tenantfs.error` and in `.tenantfs/errors.json`, and the refused\n"
	"text in `.tenantfs/drafts/`. Every directory of documents has a `.template.json` to start from and a\n"
	"`.schema.json`.\n"
	"Every call of the API is a file below `.api/`: `cat` one to see how it is made.\n"
	"\n"
	"| path | holds | new | change | rename | remove |\n"
	"|---|---|---|---|---|---|\n";

int make_readme(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_free const struct tfs_kind **kinds = calloc(tfs_n_kinds + 1, sizeof(struct tfs_kind *));
	int r;

	(void)node;
	if (kinds == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < tfs_n_kinds; i++)
		kinds[i] = &tfs_kinds[i];
	qsort(kinds, tfs_n_kinds, sizeof(struct tfs_kind *), compare_paths);
	r = tfs_buf_printf(out, HEAD, tree->config->name, tree->options.read_only ? " (read-only)" : "");
	for (size_t i = 0; i < tfs_n_kinds && r == 0; i++)
		r = add_row(out, kinds[i], tree->options.read_only);
	if (r == 0)
		r = tfs_buf_puts(out, "\n## Why not\n\n");
	for (size_t i = 0; i < tfs_n_kinds && r == 0; i++)
		r = add_reasons(out, kinds[i]);
	return r;
}
