/* README.md of the tenant and of each community: paths, names, supported changes, and reasons for unsupported ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generated.h"
#include "tenantfs/document.h"

static const char COMMUNITY[] = "communities/{community}/";

/* One README.md: of the tenant or of a community. */
struct readme {
	const struct tfs_tree *tree;
	const char *community;         /* the community's name; NULL: the whole tenant */
	const struct tfs_kind **kinds; /* sorted by path */
	size_t count;
	struct tfs_buf *out;
};

/* The kind's path relative to the directory of the README; NULL: it is not below it. */
static const char *shown_path(const struct readme *readme, const struct tfs_kind *kind)
{
	size_t len = strlen(COMMUNITY);

	if (!readme->community)
		return kind->path;
	return strncmp(kind->path, COMMUNITY, len) == 0 ? kind->path + len : NULL;
}

/* Whether the kind itself, or a directory above it, is not listed. */
static bool is_on_demand(const struct tfs_kind *kind)
{
	return kind->on_demand || strstr(kind->path, "}.d/");
}

static int compare_paths(const void *a, const void *b)
{
	const struct tfs_kind *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

/* Writes "users/{auth-module}/{name}.json" with angle brackets. */
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

/* Why the API does not support some changes. Documents at fixed paths are left out: the section's head covers them. */
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
		r = add_reason(readme->out, "create", kind->no_create);
	if (r == 0)
		r = add_reason(readme->out, "change", kind->no_change);
	if (r == 0)
		r = add_reason(readme->out, "rename", kind->no_rename);
	if (r == 0)
		r = add_reason(readme->out, "remove", kind->no_remove);
	return r;
}

/* The types of new objects that have their own template. */
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

/* The names of documents that no listing shows. */
static int add_unlisted(const struct readme *readme, const struct tfs_kind *kind)
{
	int r;

	if (!is_on_demand(kind))
		return 0;
	r = tfs_buf_puts(readme->out, "- ");
	if (r == 0)
		r = add_path(readme->out, shown_path(readme, kind));
	if (r == 0 && kind->name_form == TFS_NAME_DAY)
		r = tfs_buf_puts(readme->out, ": the name is a day, `YYYY-MM-DD`, of the last 90 days");
	else if (r == 0 && kind->shape == TFS_SHAPE_SET && !tfs_kind_listed(kind))
		r = tfs_buf_printf(readme->out, ": you must know the name. %s",
				   kind->no_list ? kind->no_list : "The API has no list.");
	return r == 0 ? tfs_buf_putc(readme->out, '\n') : r;
}

struct unread_list {
	struct tfs_buf *out;
	const char *lead; /* before the next name */
};

static int add_name(void *context, const struct tfs_field *field, const char *pointer)
{
	struct unread_list *list = context;
	int r = tfs_buf_printf(list->out, "%s `%s`%s", list->lead, pointer + 1,
			       field->fixed    ? " (at creation only)"
			       : field->secret ? " (secret, not kept)"
					       : "");

	list->lead = ",";
	return r;
}

/* Members that no answer shows. */
static int add_unread(const struct readme *readme, const struct tfs_kind *kind)
{
	struct unread_list list = { readme->out, ":" };
	size_t before = readme->out->len, empty;
	int r = tfs_buf_puts(readme->out, "- ");

	if (r == 0)
		r = add_path(readme->out, shown_path(readme, kind));
	empty = readme->out->len;
	if (r == 0)
		r = tfs_document_write_only(kind, add_name, &list);
	if (r < 0 || readme->out->len == empty)
		return r < 0 ? r : tfs_buf_resize(readme->out, before);
	return tfs_buf_putc(readme->out, '\n');
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

/* The restrictions of this mount. */
static int add_mount(const struct readme *readme)
{
	const struct tfs_config *config = readme->tree->config;
	int r = tfs_buf_puts(readme->out, "\n## This mount\n\n");

	if (r == 0 && config->history_remote)
		r = tfs_buf_printf(readme->out, "The history of this mount is pushed to the branch `%s` of `%s`.\n\n",
				   config->history_branch, config->history_remote);
	if (r == 0 && readme->tree->options.read_only)
		return tfs_buf_puts(readme->out, "This mount is read-only.\n");
	if (r == 0 && config->n_write_patterns == 0)
		return tfs_buf_puts(readme->out, "Every change marked \"yes\" above is allowed.\n");
	if (r == 0)
		r = tfs_buf_puts(readme->out,
				 "The configuration allows changes only at paths that match one of these patterns, "
				 "relative to the\nmount's root:\n\n");
	for (size_t i = 0; i < config->n_write_patterns && r == 0; i++)
		r = tfs_buf_printf(readme->out, "- `%s`\n", config->write_patterns[i]);
	return r;
}

static const char USE[] =
	"\n"
	"Each file is one document of the tenant. Saving a file changes the tenant. If the change is refused,\n"
	"the save fails with an error. The attribute `user.tenantfs.error` of the file and\n"
	"`.tenantfs/errors.json` show the reason, and `.tenantfs/drafts/` keeps the refused text.\n"
	"\n"
	"Every directory of documents has a `.template.json` for new documents and a `.schema.json`; listings\n"
	"do not show them. To create a document: `cp .template.json new-one.json`, then fill in the blanks.\n"
	"\n"
	"A member that a saved text lacks is removed, if the API can remove it; otherwise it stays as it is, and\n"
	"`null` demands that it goes. A secret is shown as a digest; to set another, write the secret itself.\n"
	"\n"
	"A file has the name of its object. `/`, `%`, control characters and a leading dot are written as `%XX`. A\n"
	"name of more than 250 bytes is shortened and ends in `~` and a digest. If two objects have the same\n"
	"name, both file names end in `~` and the end of the object's id.\n";

static const char API[] =
	"\n"
	"Every call of the API is a file below `.api/`; `cat` it for a description. Earlier states of the tenant\n"
	"are directories below `.history/`, which listings do not show. A text written to `.tenantfs/reason` is\n"
	"recorded in the history as the reason of your next changes.\n";

static const char TABLE[] = "\n"
			    "## Paths\n"
			    "\n"
			    "| path | content | create | change | rename | remove |\n"
			    "|---|---|---|---|---|---|\n";

static const char ON_DEMAND[] = "\n"
				"## On demand\n"
				"\n"
				"Listings do not show these paths, so that a search of the mount does not read them.\n"
				"They can be opened by name:\n"
				"\n";

static const char UNREAD[] =
	"\n"
	"## Not read back\n"
	"\n"
	"The API takes these members and does not show them. What is written to them here is kept in the\n"
	"state folder, shown, and sent with each change; what others write to them is not seen. A change\n"
	"that would erase one with an unknown value needs `tenantfs allow blanking`; `null` says that the\n"
	"member is to be empty.\n"
	"\n";

static const char UNSUPPORTED[] = "\n"
				  "## Not supported by the API\n"
				  "\n"
				  "A document at a fixed path always exists and keeps its name. Other documents:\n"
				  "\n";

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
		r = add_section(readme, ON_DEMAND, add_unlisted);
	if (r == 0)
		r = add_section(readme, "\n## Types\n\nEach type of a new document has its own template:\n\n",
				add_types);
	if (r == 0)
		r = add_section(readme, UNREAD, add_unread);
	if (r == 0)
		r = add_section(readme, UNSUPPORTED, add_reasons);
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
