/* The repository through libgit2: opening, reading objects, translating errors. */
#ifndef TENANTFS_HISTORY_REPO_H
#define TENANTFS_HISTORY_REPO_H

#include <git2.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/config.h"
#include "tenantfs/error.h"

#define REPO_BRANCH "refs/heads/main"

TFS_DEFINE_CLEANUP(git_repository, git_repository *, git_repository_free)
#define cleanup_git_repository TFS_CLEANUP(tfs_cleanup_git_repository)
TFS_DEFINE_CLEANUP(git_tree, git_tree *, git_tree_free)
#define cleanup_git_tree TFS_CLEANUP(tfs_cleanup_git_tree)
TFS_DEFINE_CLEANUP(git_entry, git_tree_entry *, git_tree_entry_free)
#define cleanup_git_entry TFS_CLEANUP(tfs_cleanup_git_entry)
TFS_DEFINE_CLEANUP(git_blob, git_blob *, git_blob_free)
#define cleanup_git_blob TFS_CLEANUP(tfs_cleanup_git_blob)
TFS_DEFINE_CLEANUP(git_commit, git_commit *, git_commit_free)
#define cleanup_git_commit TFS_CLEANUP(tfs_cleanup_git_commit)
TFS_DEFINE_CLEANUP(git_object, git_object *, git_object_free)
#define cleanup_git_object TFS_CLEANUP(tfs_cleanup_git_object)
TFS_DEFINE_CLEANUP(git_signature, git_signature *, git_signature_free)
#define cleanup_git_signature TFS_CLEANUP(tfs_cleanup_git_signature)
TFS_DEFINE_CLEANUP(git_treebuilder, git_treebuilder *, git_treebuilder_free)
#define cleanup_git_treebuilder TFS_CLEANUP(tfs_cleanup_git_treebuilder)
TFS_DEFINE_CLEANUP(git_packbuilder, git_packbuilder *, git_packbuilder_free)
#define cleanup_git_packbuilder TFS_CLEANUP(tfs_cleanup_git_packbuilder)

/*
 * Initializes libgit2 without the user's and the system's configuration. Each call needs a history_repo_library_end.
 */
void history_repo_library_init(void);
void history_repo_library_end(void);

/* <state_dir>/history.git; caller frees. */
char *history_repo_path(const struct tfs_config *config);
/* -ENOENT when there is none. With `make` it is created, private. */
int history_repo_open(const char *path, bool make, git_repository **ret, struct tfs_error *error);

/* Deletes unfinished files of a killed writer. Only for the single writer, before it writes. */
void history_repo_sweep(const char *path);

/* Translates libgit2's code and message; `what` names the action. */
int history_repo_fail(struct tfs_error *error, int code, const char *what);

/* The branch's commit; -ENOENT before the first. */
int history_repo_head(git_repository *repo, git_oid *ret);
/*
 * The entry at a path of the repository. GIT_ENOTFOUND for "", as the root has no entry. Returns libgit2's
 * codes.
 */
int history_repo_entry(git_repository *repo, const git_oid *tree, const char *git_path, git_tree_entry **ret);
int history_repo_blob(git_repository *repo, const git_oid *tree, const char *git_path, git_blob **ret);

#endif
