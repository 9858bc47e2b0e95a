"""The repository of a mount's history, read with plain git."""
import hashlib
import json
import os
import re
import subprocess

from files import overwrite


def git_path(path):
    """The path of a mount's document in the repository: wide sets are split by digests of object names."""
    match = re.fullmatch(r"(communities/[^/]+/(?:users/[^/]+|hardware-tokens)/)([^/]+?)(\.json|\.d/.*)", path)
    if match is None:
        return path
    spread = hashlib.sha256(os.fsencode(match[2])).hexdigest()[:3]
    return f"{match[1]}{'/'.join(spread)}/{match[2]}{match[3]}"


class Change(dict):
    """One commit: author, subject and trailers as members."""

    @property
    def subject(self):
        return self["subject"]


class History:
    def __init__(self, tenantfs, state, tenant="sandbox"):
        self.tenantfs = tenantfs
        self.path = state / "tenantfs" / tenant / "history.git"

    def git(self, *words, check=True):
        done = subprocess.run(["git", f"--git-dir={self.path}", *map(str, words)], capture_output=True, check=False,
                              timeout=120)
        if check:
            assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode(errors="surrogateescape")

    def changes(self, *words):
        """The commits on disk, newest first; written() includes those that a mount still has in memory."""
        if self.git("for-each-ref").strip() == "":
            return []
        text = self.git("log", "--format=%H%x00%an%x00%ae%x00%s%x00%(trailers:unfold=true)%x01", *words)
        found = []
        for part in text.split("\x01"):
            if not part.strip():
                continue
            commit, name, mail, subject, trailers = part.strip("\n").split("\x00")
            change = Change(commit=commit, name=name, mail=mail, subject=subject)
            for line in trailers.strip().splitlines():
                key, _, value = line.partition(": ")
                change[key] = value
            found.append(change)
        return found

    def written(self, *words):
        """As `changes`, after the daemon has written everything."""
        done = self.tenantfs("log", "-n", "1")
        assert done.returncode in (0, 1), done.stderr
        return self.changes(*words)

    def document(self, path, revision="HEAD"):
        return json.loads(self.git("cat-file", "blob", f"{revision}:{path}"))

    def fsck(self):
        """Exit status and output of git fsck; dangling objects are ignored."""
        done = subprocess.run(["git", f"--git-dir={self.path}", "fsck", "--strict", "--no-dangling"],
                              capture_output=True, text=True, check=False, timeout=300)
        return (done.returncode, done.stdout.strip(), done.stderr.strip())

    def everything(self):
        """All objects, reachable or not, inflated."""
        done = subprocess.run(["git", f"--git-dir={self.path}", "cat-file", "--batch-all-objects", "--batch"],
                              capture_output=True, check=True, timeout=300)
        return done.stdout


def own(changes):
    return [entry for entry in changes if entry["Origin"] == "tenantfs"]


def change(mount, path, **members):
    document = mount.json(path)
    document.update(members)
    overwrite(mount / path, json.dumps(document))
