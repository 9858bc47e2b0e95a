/*
 * Merges packs in geometric steps, like `git repack --geometric`: packs that together have at least half the
 * objects of the next bigger one are merged with it. So each object is rewritten a logarithmic number of
 * times.
 */
#include "packs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tenantfs/file.h"

enum {
	OBJECTS_MERGED = 10000, /* larger packs are not merged: it takes seconds, and much memory */
	PACKS_READ = 4096,
	NAME_ROOM = 80,
};

struct pack {
	char name[NAME_ROOM]; /* without ".idx" */
	uint32_t objects;
};

enum { LIST_BYTES = 1 << 20 };

void history_packs_forget(struct packs_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct packs_list){ 0 };
}

int history_packs_add(struct packs_list *list, const char *name)
{
	char **names = reallocarray(list->names, list->count + 1, sizeof(char *));

	if (!names)
		return -ENOMEM;
	list->names = names;
	names[list->count] = strdup(name);
	if (!names[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

int history_packs_save(const char *repository, const char *file, const git_oid *state, const struct packs_list *list)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(LIST_BYTES);
	char path[4096], id[GIT_OID_HEXSZ + 1];
	int r;

	snprintf(path, sizeof(path), "%s%s", repository, file);
	if (list->count == 0)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	r = tfs_buf_printf(&text, "%s\n", git_oid_tostr(id, sizeof(id), state));
	for (size_t i = 0; i < list->count && r == 0; i++)
		r = tfs_buf_printf(&text, "%s\n", list->names[i]);
	return r < 0 ? r : tfs_file_write(path, text.data, text.len, 0600, NULL);
}

void history_packs_load(const char *repository, const char *file, git_oid *ret_state, struct packs_list *ret_list)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(LIST_BYTES);
	char path[4096], *line, *rest = NULL;

	*ret_list = (struct packs_list){ 0 };
	snprintf(path, sizeof(path), "%s%s", repository, file);
	if (tfs_file_read(path, &text, NULL) < 0 || !text.data)
		return;
	line = strtok_r(text.data, "\n", &rest);
	if (!line || git_oid_fromstr(ret_state, line) != 0)
		return;
	while ((line = strtok_r(NULL, "\n", &rest)))
		if (strncmp(line, "pack-", 5) == 0 && !strchr(line, '/') && history_packs_add(ret_list, line) < 0)
			return;
}

/* Index version 2: eight bytes, then 256 counts; the last is the number of objects. */
static uint32_t read_objects(const char *folder, const char *name)
{
	unsigned char bytes[4] = { 0 };
	char path[4096];
	int fd;
	bool read_all;

	snprintf(path, sizeof(path), "%s/%s.idx", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	read_all = pread(fd, bytes, sizeof(bytes), 8 + 255 * 4) == (ssize_t)sizeof(bytes);
	close(fd);
	return read_all ? (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3] : 0;
}

static bool pack_name(const char *file, char out[NAME_ROOM])
{
	size_t len = strlen(file);

	if (len < 10 || len >= NAME_ROOM || strncmp(file, "pack-", 5) != 0 || strcmp(file + len - 4, ".idx") != 0)
		return false;
	snprintf(out, NAME_ROOM, "%.*s", (int)(len - 4), file);
	return true;
}

size_t history_packs_count(const char *folder)
{
	DIR *dir = opendir(folder);
	char name[NAME_ROOM];
	struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		count += pack_name(entry->d_name, name);
	closedir(dir);
	return count;
}

static int compare_packs(const void *a, const void *b)
{
	const struct pack *left = a, *right = b;

	return (left->objects > right->objects) - (left->objects < right->objects);
}

static struct pack *list_packs(const char *folder, size_t *ret_count)
{
	DIR *dir = opendir(folder);
	struct pack *packs = calloc(PACKS_READ, sizeof(*packs));
	struct dirent *entry;
	size_t count = 0;

	while (dir && packs && count < PACKS_READ && (entry = readdir(dir))) {
		struct pack *pack = &packs[count];

		if (!pack_name(entry->d_name, pack->name))
			continue;
		pack->objects = read_objects(folder, pack->name);
		count += pack->objects > 0;
	}
	if (dir)
		closedir(dir);
	if (packs)
		qsort(packs, count, sizeof(*packs), compare_packs);
	*ret_count = count;
	return packs;
}

static size_t count_to_merge(const struct pack *packs, size_t count)
{
	uint64_t sum = 0;
	size_t n = 0;

	for (; n < count; n++) {
		if ((n >= 2 && packs[n].objects > 2 * sum) || sum + packs[n].objects > OBJECTS_MERGED)
			break;
		sum += packs[n].objects;
	}
	return n;
}

size_t history_packs_small(const char *folder)
{
	size_t count, small = 0;
	cleanup_free struct pack *packs = list_packs(folder, &count);

	for (size_t i = 0; packs && i < count; i++)
		small += packs[i].objects <= OBJECTS_MERGED / 2;
	return small;
}

static int insert_object(const git_oid *id, void *builder)
{
	return git_packbuilder_insert(builder, id, NULL);
}

static int insert_pack(git_packbuilder *builder, const char *folder, const char *name)
{
	git_odb_backend *pack = NULL;
	git_odb *odb = NULL;
	char path[4096];
	int r = git_odb_new(&odb);

	snprintf(path, sizeof(path), "%s/%s.idx", folder, name);
	if (r == 0)
		r = git_odb_backend_one_pack(&pack, path);
	if (r == 0)
		r = git_odb_add_backend(odb, pack, 1);
	if (r == 0)
		r = git_odb_foreach(odb, insert_object, builder);
	git_odb_free(odb);
	return r;
}

/* Delete the index first: a pack without an index is ignored, an index without a pack is an error. */
static void remove_pack(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.idx", folder, name);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s.pack", folder, name);
	unlink(path);
}

void history_packs_remove(const char *folder, struct packs_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		remove_pack(folder, list->names[i]);
	history_packs_forget(list);
}

static int doom(struct packs_list *doomed, const struct pack *packs, size_t count, const char *kept)
{
	int r = 0;

	/* The merged pack may be one of them, if it had all objects already. */
	for (size_t i = 0; i < count && r == 0; i++)
		if (strcmp(packs[i].name + 5, kept) != 0)
			r = history_packs_add(doomed, packs[i].name);
	return r < 0 ? GIT_ERROR : 0;
}

bool history_packs_have(const char *folder, const git_oid *name)
{
	static const char *const endings[] = { "pack", "idx" };
	char path[4096], id[GIT_OID_HEXSZ + 1];

	git_oid_tostr(id, sizeof(id), name);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/pack-%s.%s", folder, id, endings[i]);
		if (access(path, F_OK) < 0)
			return false;
	}
	return true;
}

int history_packs_merge(git_repository *repo, const char *folder, struct packs_list *doomed, git_oid *ret_name)
{
	git_packbuilder *builder cleanup_git_packbuilder = NULL;
	size_t count, n;
	cleanup_free struct pack *packs = list_packs(folder, &count);
	int r = 0;

	n = packs ? count_to_merge(packs, count) : 0;
	if (n < 2)
		return 0;
	r = git_packbuilder_new(&builder, repo);
	for (size_t i = 0; i < n && r == 0; i++)
		r = insert_pack(builder, folder, packs[i].name);
	if (r == 0)
		r = git_packbuilder_write(builder, NULL, 0, NULL, NULL);
	if (r == 0)
		r = git_oid_fromstr(ret_name, git_packbuilder_name(builder));
	if (r == 0)
		r = doom(doomed, packs, n, git_packbuilder_name(builder));
	return r < 0 ? r : 1;
}
