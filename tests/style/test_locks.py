"""Broken lock annotations fail the build by clang: include/tenantfs/lock.h."""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARNINGS = re.findall(r"'(-W(?:no-)?thread-safety[^']*)'", (ROOT / "meson.build").read_text())

HEAD = """
#include "tree/node.h"

struct box {
struct tfs_mutex lock;
};
struct holder {
struct box *box;
};
void work(struct box *box) TFS_HOLDS(box->lock);
void take(struct box *box) TFS_TAKES(box->lock);
void wait_for(struct box *box) TFS_LACKS(box->lock);
void f(struct box *box, struct tfs_tree *tree, struct holder *holder);

void f(struct box *box, struct tfs_tree *tree, struct holder *holder)
{
"""

BROKEN = {
    "called without the lock": ("work(box);", "requires holding mutex 'box->lock'"),
    "called after the lock": ("tfs_mutex_lock(&box->lock);\ntfs_mutex_unlock(&box->lock);\nwork(box);",
                              "requires holding mutex 'box->lock'"),
    "called under another lock": ("tree_lock(tree);\nwork(box);\ntree_unlock(tree);",
                                  "requires holding mutex 'box->lock'"),
    "kept": ("take(box);", "still held at the end of function"),
    "released twice": ("tfs_mutex_unlock(&box->lock);", "that was not held"),
    "taken twice": ("take(box);\ntfs_mutex_lock(&box->lock);", "is already held"),
    "held on one path": ("if (tree)\ntake(box);\nwork(box);", "not held on every path"),
    "held where it is taken": ("take(box);\nwait_for(box);\ntfs_mutex_unlock(&box->lock);",
                               "while mutex 'box->lock' is held"),
    "waiting for a condition": ("pthread_cond_t cond;\ntfs_cond_wait(&cond, &box->lock);",
                                "requires holding mutex 'box->lock'"),
    "the tree's lock": ('tree_node_find(tree, NULL, "");', "requires holding mutex 'tree->lock'"),
}

SOUND = {
    "held": "tfs_mutex_lock(&box->lock);\nwork(box);\ntfs_mutex_unlock(&box->lock);",
    "two names of one lock": "take(box);\nwork(holder->box);\ntfs_mutex_unlock(&box->lock);",
    "not held": "wait_for(box);",
}


def compile_body(folder, body):
    if not shutil.which("clang"):
        pytest.skip("clang is missing")
    source = folder / "sample.c"
    source.write_text(HEAD + body + "\n}\n")
    return subprocess.run(["clang", "-fsyntax-only", "-std=gnu17", "-D_GNU_SOURCE", "-Werror", *WARNINGS, "-Iinclude",
                           "-Isrc", source], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_locking_is_refused(tmp_path, name):
    body, message = BROKEN[name]
    done = compile_body(tmp_path, body)
    assert done.returncode != 0 and message in done.stderr, done.stderr
    errors = [line for line in done.stderr.splitlines() if " error: " in line]
    assert all("-Wthread-safety-analysis" in line for line in errors), done.stderr


@pytest.mark.parametrize("name", SOUND)
def test_sound_locking_passes(tmp_path, name):
    done = compile_body(tmp_path, SOUND[name])
    assert done.returncode == 0, done.stderr


def test_every_mutex_is_known_to_the_analysis():
    for folder in ("src", "mountd"):
        for path in (ROOT / folder).rglob("*.[ch]"):
            assert "pthread_mutex_" not in path.read_text(), path
