/* Entries that are not in the catalogue: README.md, .api, .tenantfs, .history, schemas and templates. */
#include <string.h>

#include "generated.h"
#include "history-dir.h"
#include "listing.h"
#include "tenantfs/document.h"

static const struct tfs_kind *set_kind(const struct tfs_node *node)
{
	return tree_path_node_find_set(node_parent(node)->what)->kind;
}

static int make_schema(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_json json_t *value = NULL;
	int r = tfs_document_schema(set_kind(node), &value);

	(void)tree;
	return r == 0 ? tfs_json_print_document(value, out) : r;
}

static int make_template(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_json json_t *value = NULL;
	const struct tfs_kind *kind = set_kind(node);
	int r = tfs_document_template(kind, tfs_document_variant(kind, node_name(node)), &value);

	(void)tree;
	return r == 0 ? tfs_json_print_document(value, out) : r;
}

static const struct generator readme = { "README.md", true, tree_make_readme };
static const struct generator set_files[] = {
	{ ".schema.json", true, make_schema },
	{ ".template.json", true, make_template },
};

/* The template of a type, which is part of the file's name. */
static const struct generator type_template = { ".template-", true, make_template };

enum { N_SET_FILES = sizeof(set_files) / sizeof(set_files[0]) };

static bool has_readme(const struct tfs_tree *tree, const struct tfs_node *dir)
{
	return dir == tree->root || ((const struct path_node *)dir->what)->type == PATH_COMMUNITY;
}

static bool find_set_file(const struct tfs_kind *kind, const char *name, struct found *ret)
{
	const struct generator *file = tfs_document_variant(kind, name) ? &type_template : NULL;

	for (size_t i = 0; i < N_SET_FILES && !file; i++)
		if (strcmp(name, set_files[i].name) == 0)
			file = &set_files[i];
	if (file)
		*ret = (struct found){ .ops = &tree_generated_ops, .what = file };
	return file;
}

bool tree_find_extra(struct tfs_tree *tree, const struct tfs_node *dir, const char *name, struct found *ret)
{
	if (strcmp(name, ".tenantfs") == 0) {
		*ret = (struct found){ .ops = &tree_control_dir_ops };
		return true;
	}
	if (dir == tree->root && strcmp(name, ".history") == 0) {
		*ret = (struct found){ .ops = &tree_history_dir_ops };
		return true;
	}
	if (dir == tree->root && strcmp(name, ".api") == 0) {
		*ret = (struct found){ .ops = &tree_api_root_ops };
		return true;
	}
	if (has_readme(tree, dir) && strcmp(name, readme.name) == 0) {
		*ret = (struct found){ .ops = &tree_generated_ops, .what = &readme };
		return true;
	}
	return name[0] == '.' && tree_path_node_find_set(dir->what) &&
	       find_set_file(tree_path_node_find_set(dir->what)->kind, name, ret);
}

int tree_list_extras(struct tfs_tree *tree, const struct tfs_node *dir, struct listing *listing)
{
	int r = 0;

	if (dir == tree->root)
		r = tree_listing_add(listing, ".api", &(struct found){ .ops = &tree_api_root_ops });
	if (r == 0 && dir == tree->root)
		r = tree_listing_add(listing, ".tenantfs", &(struct found){ .ops = &tree_control_dir_ops });
	if (r == 0 && has_readme(tree, dir))
		r = tree_listing_add(listing, readme.name,
				     &(struct found){ .ops = &tree_generated_ops, .what = &readme });
	return r;
}
