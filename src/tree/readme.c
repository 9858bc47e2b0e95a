/* README.md of the tenant and of each community: what is where, how it is named, what may be done with it and
 * why not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generated.h"

static const char COMMUNITY[] = "communities/{community}/";

/* What one README.md is of: all places, or those of a community. */
struct readme {
	const struct tfs_tree *tree;
	const char *community;         /* its name; NULL: the whole tenant */
	const struct tfs_kind **kinds; /* by path */
	size_t count;
	struct tfs_buf *out;
};

/* A path relative to the readme's directory; NULL: it is not below it. */
static const char *shown_path(const struct readme *readme, const struct tfs_kind *kind)
{
	size_t len = strlen(COMMUNITY);

	if (!readme->community)
		return kind->path;
	return strncmp(kind->path, COMMUNITY, len) == 0 ? kind->path + len : NULL;
}

/* By itself, or for what it stands below. */
static bool is_on_demand(const struct tfs_kind *kind)
{
	return kind->on_demand || strstr(kind->path, "}.d/");
}

static int compare_paths(const void *a, const void *b)
{
	const struct tfs_kind *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

/* "users/{auth-module}/{name}.json" with the braces people know from manuals. */
static int add_path(struct tfs_buf *out, const char *path)
{
	int r = tfs_buf_puts(out, "`");

	for (const char *c = path; *c != '\0' && r == 0; c++)
		r = tfs_buf_putc(out, *c == '{' ? '<' : *c == '}' ? '>' : *c);
	return r == 0 ? tfs_buf_puts(out, "`") : r;
}

static int add_cell(struct tfs_buf *out, bool can)
{
	return tfs_buf_puts(out, can ? " | yes" : " | –");
}

static int add_row(const struct readme *readme, const struct tfs_kind *kind)
{
	bool write = !readme->tree->options.read_only;
	int r = tfs_buf_puts(readme->out, "| ");

	if (r == 0)
		r = add_path(readme->out, shown_path(readme, kind));
	if (r == 0)
		r = tfs_buf_printf(readme->out, " | %s%s", kind->about ? kind->about : kind->group,
				   is_on_demand(kind)        ? "; on demand"
				   : tree_kind_is_view(kind) ? "; view"
							     : "");
	if (r == 0)
		r = add_cell(readme->out, write && kind->n_create > 0);
	if (r == 0)
		r = add_cell(readme->out, write && kind->n_change > 0);
	if (r == 0)
		r = add_cell(readme->out, write && kind->rename);
	if (r == 0)
		r = add_cell(readme->out, write && kind->n_remove > 0);
	return r == 0 ? tfs_buf_puts(readme->out, " |\n") : r;
}

static int add_reason(struct tfs_buf *out, const char *what, const char *reason)
{
	return reason ? tfs_buf_printf(out, "  - %s: %s\n", what, reason) : 0;
}

/* What the API forbids; a document of a fixed place is told of in the table, or once for all. */
static int add_reasons(const struct readme *readme, const struct tfs_kind *kind)
{
	int r;

	if (kind->shape != TFS_SHAPE_SET ||
	    (!kind->no_create && !kind->no_change && !kind->no_remove && !kind->no_rename))
		return 0;
	r = tfs_buf_puts(readme->out, "- ");
	if (r == 0)
		r = add_path(readme->out, shown_path(readme, kind));
	if (r == 0)
		r = tfs_buf_putc(readme->out, '\n');
	if (r == 0)
		r = add_reason(readme->out, "no new ones", kind->no_create);
	if (r == 0)
		r = add_reason(readme->out, "no change", kind->no_change);
	if (r == 0)
		r = add_reason(readme->out, "no renaming", kind->no_rename);
	if (r == 0)
		r = add_reason(readme->out, "no removal", kind->no_remove);
	return r;
}

/* Which types of new objects have a template of their own. */
static int add_types(const struct readme *readme, const struct tfs_kind *kind)
{
	int r;

	if (kind->n_types == 0)
		return 0;
	r = tfs_buf_puts(readme->out, "- ");
	if (r == 0)
		r = add_path(readme->out, shown_path(readme, kind));
	for (size_t i = 0; i < kind->n_types && r == 0; i++)
		r = tfs_buf_printf(readme->out, "%s `.template-%s.json`", i == 0 ? ":" : ",", kind->types[i].name);
	return r == 0 ? tfs_buf_putc(readme->out, '\n') : r;
}

/* How a thing that no listing shows is named. */
static int add_unlisted(const struct readme *readme, const struct tfs_kind *kind)
{
	int r;

	if (!is_on_demand(kind))
		return 0;
	r = tfs_buf_puts(readme->out, "- ");
	if (r == 0)
		r = add_path(readme->out, shown_path(readme, kind));
	if (r == 0 && kind->name_form == TFS_NAME_DAY)
		r = tfs_buf_puts(readme->out, ", a day as `YYYY-MM-DD`, of the last 90 days");
	else if (r == 0 && kind->shape == TFS_SHAPE_SET && !tfs_kind_listed(kind))
		r = tfs_buf_puts(readme->out, ", by a name you know: the API lists none");
	return r == 0 ? tfs_buf_putc(readme->out, '\n') : r;
}

static int add_section(const struct readme *readme, const char *head,
		       int (*add)(const struct readme *readme, const struct tfs_kind *kind))
{
	size_t before = readme->out->len, empty;
	int r = tfs_buf_puts(readme->out, head);

	empty = readme->out->len;
	for (size_t i = 0; i < readme->count && r == 0; i++)
		if (shown_path(readme, readme->kinds[i]))
			r = add(readme, readme->kinds[i]);
	return r == 0 && readme->out->len == empty ? tfs_buf_resize(readme->out, before) : r;
}

/* What the mount itself allows. */
static int add_mount(const struct readme *readme)
{
	const struct tfs_config *config = readme->tree->config;
	int r = tfs_buf_puts(readme->out, "\n## This mount\n\n");

	if (r == 0 && config->history_remote)
		r = tfs_buf_printf(readme->out, "Its history is pushed to `%s` as the branch `%s`.\n\n",
				   config->history_remote, config->history_branch);
	if (r == 0 && readme->tree->options.read_only)
		return tfs_buf_puts(readme->out, "It is read-only: nothing can be written.\n");
	if (r == 0 && config->n_write_patterns == 0)
		return tfs_buf_puts(readme->out, "It may write everywhere the tables say yes.\n");
	if (r == 0)
		r = tfs_buf_puts(readme->out,
				 "It may write only where one of these patterns of the configuration fits, counted "
				 "from the mount's root:\n\n");
	for (size_t i = 0; i < config->n_write_patterns && r == 0; i++)
		r = tfs_buf_printf(readme->out, "- `%s`\n", config->write_patterns[i]);
	return r;
}

static const char USE[] =
	"\n"
	"Each file is one document of the tenant. Saving it changes the tenant; a refusal is the error of "
	"the save,\n"
	"its reason stands in the attribute `user.tenantfs.error` and in `.tenantfs/errors.json`, and the "
	"refused\n"
	"text in `.tenantfs/drafts/`. Every directory of documents has a `.template.json` to start from and "
	"a\n"
	"`.schema.json`, which no listing shows: `cp .template.json new-one.json`, then fill in the blanks.\n"
	"\n"
	"A file is called like its thing. `/`, `%`, control bytes and a leading dot are written as `%XX`; a "
	"name of\n"
	"more than 250 bytes ends in `~` and a digest; two things of one name both end in `~` and the end of "
	"their id.\n";

static const char API[] = "\n"
			  "Every call of the API is a file below `.api/`: `cat` one to see how it is made. Earlier "
			  "states are\n"
			  "directories below `.history/`, which no listing shows either; what is written to "
			  "`.tenantfs/reason` is\n"
			  "recorded there as the reason of your next changes.\n";

static const char TABLE[] = "\n"
			    "## What is where\n"
			    "\n"
			    "| path | holds | new | change | rename | remove |\n"
			    "|---|---|---|---|---|---|\n";

static int write_readme(const struct readme *readme)
{
	const char *marks = readme->tree->options.read_only ? " (read-only)" : "";
	int r;

	if (readme->community)
		r = tfs_buf_printf(readme->out, "# Community %s of %s%s\n%s", readme->community,
				   readme->tree->config->name, marks, USE);
	else
		r = tfs_buf_printf(readme->out, "# Tenant %s%s\n%s%s", readme->tree->config->name, marks, USE, API);
	if (r == 0)
		r = add_section(readme, TABLE, add_row);
	if (r == 0)
		r = add_section(readme,
				"\n## On demand\n\nThere when named, so that no listing and no search pays "
				"for them:\n\n",
				add_unlisted);
	if (r == 0)
		r = add_section(readme, "\n## Types\n\nEach type of a new document has a template of its own:\n\n",
				add_types);
	if (r == 0)
		r = add_section(readme,
				"\n## What the API forbids\n\nA document at a fixed place is always there "
				"and keeps its "
				"name. For the rest:\n\n",
				add_reasons);
	return r == 0 ? add_mount(readme) : r;
}

int tree_make_readme(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_free const struct tfs_kind **kinds = calloc(tfs_n_kinds + 1, sizeof(struct tfs_kind *));
	const struct tfs_node *above = node_parent(node);
	struct readme readme = { tree, above != tree->root ? node_name(above) : NULL, kinds, tfs_n_kinds, out };

	if (!kinds)
		return -ENOMEM;
	for (size_t i = 0; i < tfs_n_kinds; i++)
		kinds[i] = &tfs_kinds[i];
	qsort(kinds, tfs_n_kinds, sizeof(struct tfs_kind *), compare_paths);
	return write_readme(&readme);
}
