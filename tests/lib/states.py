"""States of a tenant: the documents another client reads, and the documents of each commit."""
import hashlib
import json
import os
import re
import subprocess

from kinds import is_view, kind_at

SPREAD = re.compile(r"(communities/[^/]+/(?:users/[^/]+|hardware-tokens))/([0-9a-f])/([0-9a-f])/([0-9a-f])/([^/]+)(.*)")


def mount_path(git_path):
    """The mount's path of a path in the repository: wide directories are split by digests of names."""
    match = SPREAD.fullmatch(git_path)
    if not match:
        return git_path
    stem = re.sub(r"\.(json|csv|d)$", "", match[5])
    assert hashlib.sha256(os.fsencode(stem)).hexdigest()[:3] == "".join(match.group(2, 3, 4)), git_path
    return f"{match[1]}/{match[5]}{match[6]}"


def without_secrets(value):
    if isinstance(value, dict):
        return {name: without_secrets(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_secrets(member) for member in value]
    return "secret" if isinstance(value, str) and re.fullmatch("secret:[0-9a-f]{16}", value) else value


def plain(text):
    """The document without digests and without members only the server sets, so that clients can compare it."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    if not isinstance(document, dict):
        return document
    return without_secrets({name: value for name, value in document.items() if name != "_server"})


def is_recorded(path):
    kind = kind_at(path)
    return kind is not None and not is_view(kind)


class Observer:
    """Another client, which reads the server's current state."""

    def __init__(self, mount):
        self.mount = mount
        self.state = {}

    def look(self, *paths):
        """Reads the documents at and below the paths (none: all) again; returns all documents read so far."""
        refresh = self.mount / ".tenantfs/refresh"
        refresh.write_text("".join(f"{path}\n" for path in paths) or "\n")
        for path in paths or ("",):
            inside = f"{path}/" if path else ""
            for known in [known for known in self.state if known == path or known.startswith(inside)]:
                if ".d/" in known and ".d/" not in path:
                    continue
                del self.state[known]
            if os.path.isdir(self.mount / path):
                self._walk(path)
            elif os.path.exists(self.mount / path):
                self._read(path)
        return dict(self.state)

    def _walk(self, path):
        for folder, folders, files in os.walk(self.mount / path):
            folders[:] = [name for name in folders if not name.startswith(".") and name != "reports"]
            for name in files:
                self._read(os.path.relpath(os.path.join(folder, name), self.mount.path))

    def _read(self, path):
        if is_recorded(path):
            try:
                self.state[path] = plain(self.mount.text(path))
            except PermissionError:
                self.state.pop(path, None)


class Recorded:
    """Every commit of a history, oldest first, with its whole tree."""

    def __init__(self, history):
        self.history = history
        self.blobs = {}

    def __iter__(self):
        """Yields (commit, {path: plain document}, changed paths); the dictionary is reused."""
        text = self.history.git("log", "--reverse", "--topo-order", "--no-renames", "--raw", "-r", "-m", "--root", "-z",
                                "--no-abbrev", "--format=%x01%H")
        tree = {}
        commits = [part.split("\0") for part in text.split("\x01")[1:]]
        self._load({field.split(" ")[3] for fields in commits for field in fields if field.strip().startswith(":")})
        for fields in commits:
            commit, touched = fields[0].strip(), []
            rest = [field.lstrip("\n") for field in fields[1:] if field.strip("\n")]
            for meta, path in zip(rest[::2], rest[1::2]):
                blob, status = meta.split(" ")[3:5]
                path = mount_path(path)
                touched.append(path)
                if status == "D":
                    del tree[path]
                else:
                    tree[path] = self.blobs[blob]
            yield commit, tree, sorted(touched)

    def _load(self, names):
        names = sorted(names - {"0" * 40})
        done = subprocess.run(["git", f"--git-dir={self.history.path}", "cat-file", "--batch"], capture_output=True,
                              input="".join(f"{name}\n" for name in names).encode(), check=True, timeout=120)
        out, at = done.stdout, 0
        for name in names:
            end = out.index(b"\n", at)
            size = int(out[at:end].split(b" ")[2])
            self.blobs[name] = plain(out[end + 1:end + 1 + size].decode())
            at = end + 1 + size + 1

    def checked_out(self, commit, folder):
        """The tree of a commit from a checkout by git, in the same form."""
        folder.mkdir()
        subprocess.run(["git", f"--git-dir={self.history.path}", f"--work-tree={folder}", "checkout", "-q", "-f",
                        commit, "--", "."], check=True, timeout=120,
                       env={**os.environ, "GIT_INDEX_FILE": str(folder.parent / f"{folder.name}.index")})
        found = {}
        for top, _, files in os.walk(folder):
            for name in files:
                path = os.path.join(top, name)
                with open(path, encoding="utf-8") as file:
                    found[mount_path(os.path.relpath(path, folder))] = plain(file.read())
        return found
