/* Opens the repository; reads used by several files. */
#include "repo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenantfs/file.h"

/*
 * Limits for libgit2, which would cache 256 MiB of objects and map any number of whole packs. Its cache takes
 * about three times the bytes it counts.
 */
enum { OBJECTS_REMEMBERED = 512 << 10, MAPPED = 2 << 20, MAPPED_AT_ONCE = 128 << 10 };

void history_repo_library_init(void)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
				      GIT_CONFIG_LEVEL_PROGRAMDATA };

	if (git_libgit2_init() > 1)
		return;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)OBJECTS_REMEMBERED);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)MAPPED_AT_ONCE);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED);
	/* Packs, indexes and the branch are on disk before a flush returns. */
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	/* The state folder is private whoever runs this process. */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

void history_repo_library_end(void)
{
	git_libgit2_shutdown();
}

static int errno_of(int code)
{
	const git_error *reason = git_error_last();

	/* A name that git does not allow: a retry does not help. */
	if (code == GIT_ERROR && reason && reason->klass == GIT_ERROR_TREE)
		return -EINVAL;
	switch (code) {
	case GIT_ENOTFOUND:
		return -ENOENT;
	case GIT_EAMBIGUOUS:
	case GIT_EINVALIDSPEC:
		return -EINVAL;
	default:
		return errno == ENOSPC || errno == ENOMEM || errno == EDQUOT ? -errno : -EIO;
	}
}

int history_repo_fail(struct tfs_error *error, int code, const char *what)
{
	const git_error *reason = git_error_last();
	int r = errno_of(code);

	return tfs_error_set(error, r, "history", "%s: %s", what,
			     reason && reason->message ? reason->message : "refused");
}

char *history_repo_path(const struct tfs_config *config)
{
	char *path;

	return asprintf(&path, "%s/history.git", config->state_dir) < 0 ? NULL : path;
}

static int make_repository(const char *path, git_repository **ret, struct tfs_error *error)
{
	git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
	cleanup_free char *unfinished = NULL;
	int r;

	/* Made under another name and renamed: a crash leaves no half-made repository. */
	if (asprintf(&unfinished, "%s.new", path) < 0) {
		unfinished = NULL;
		return tfs_error_set_memory(error);
	}
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR;
	options.mode = GIT_REPOSITORY_INIT_SHARED_UMASK;
	options.initial_head = "main";
	options.description = "What tenantfs recorded of a tenant. See tenantfs-history(7).\n";
	r = git_repository_init_ext(ret, unfinished, &options);
	if (r < 0)
		return history_repo_fail(error, r, path);
	git_repository_free(steal_pointer(ret));
	if (chmod(unfinished, 0700) < 0 || rename(unfinished, path) < 0)
		return tfs_error_set(error, -errno, "history", "%s: %s", path, strerror(errno));
	r = git_repository_open_bare(ret, path);
	return r < 0 ? history_repo_fail(error, r, path) : 0;
}

/* True for the names of unfinished files in the folder of packs. */
static bool is_unfinished(const char *name)
{
	size_t len = strlen(name);

	return strncmp(name, "pack_git2_", 10) == 0 || (len > 5 && strcmp(name + len - 5, ".lock") == 0);
}

/* libgit2 writes the index before it renames the pack; deletion takes the reverse order. */
static bool is_alone(int folder, const char *name)
{
	const char *ending = strrchr(name, '.');
	char other[256];

	if (strncmp(name, "pack-", 5) != 0 || !ending || (strcmp(ending, ".idx") != 0 && strcmp(ending, ".pack") != 0))
		return false;
	snprintf(other, sizeof(other), "%.*s%s", (int)(ending - name), name,
		 strcmp(ending, ".idx") == 0 ? ".pack" : ".idx");
	return faccessat(folder, other, F_OK, 0) < 0 && errno == ENOENT;
}

static bool is_pack_unfinished(int folder, const char *name)
{
	return is_unfinished(name) || is_alone(folder, name);
}

/* Our temporary files, and the lock of our settings, which would make every later opening fail. */
static bool is_ours_unfinished(int folder, const char *name)
{
	(void)folder;
	return strncmp(name, ".tenantfs-", 10) == 0 || strcmp(name, "tenantfs-batch.config.lock") == 0;
}

static void sweep_folder(const char *path, bool (*is_left)(int folder, const char *name))
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (is_left(dirfd(folder), entry->d_name))
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
}

void history_repo_sweep(const char *path)
{
	char file[4096];

	snprintf(file, sizeof(file), "%s/" REPO_BRANCH ".lock", path);
	unlink(file);
	sweep_folder(path, is_ours_unfinished);
	snprintf(file, sizeof(file), "%s/objects/pack", path);
	sweep_folder(file, is_pack_unfinished);
}

int history_repo_open(const char *path, bool make, git_repository **ret, struct tfs_error *error)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0 && errno == ENOENT) {
		if (!make)
			return tfs_error_set(error, -ENOENT, "history", "there is no history yet: %s", path);
		return make_repository(path, ret, error);
	}
	r = git_repository_open_bare(ret, path);
	return r < 0 ? history_repo_fail(error, r, path) : 0;
}

int history_repo_head(git_repository *repo, git_oid *ret)
{
	int r = git_reference_name_to_id(ret, repo, REPO_BRANCH);

	return r == GIT_ENOTFOUND ? -ENOENT : r < 0 ? -EIO : 0;
}

int history_repo_entry(git_repository *repo, const git_oid *tree, const char *git_path, git_tree_entry **ret)
{
	git_tree *found cleanup_git_tree = NULL;
	int r = git_tree_lookup(&found, repo, tree);

	if (r == 0 && git_path[0] == '\0')
		return GIT_ENOTFOUND;
	return r < 0 ? r : git_tree_entry_bypath(ret, found, git_path);
}

int history_repo_blob(git_repository *repo, const git_oid *tree, const char *git_path, git_blob **ret)
{
	git_tree_entry *entry cleanup_git_entry = NULL;
	int r = history_repo_entry(repo, tree, git_path, &entry);

	if (r == 0 && git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
		return GIT_ENOTFOUND;
	return r < 0 ? r : git_blob_lookup(ret, repo, git_tree_entry_id(entry));
}
