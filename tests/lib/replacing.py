"""Ways to replace files of a mount: each takes files of a folder and puts them in place of those of the mount."""
import os
import shutil


class Replacing:
    """The files `names` of the folder `source` replace those of the folder `target`."""

    def __init__(self, surroundings, source, target, names):
        self.surroundings = surroundings
        self.source = source
        self.target = target
        self.names = names

    def run(self, *words, **rest):
        return self.surroundings.run(*words, check=True, **rest)

    def each(self, *words):
        for name in self.names:
            self.run(*words, self.source / name, self.target / name)

    def listed(self):
        return "".join(f"{name}\n" for name in self.names)

    def pack_tar(self):
        self.run("tar", "-C", self.source, "-cf", "all.tar", "-T", "-", input=self.listed())
        return self.surroundings.folder / "all.tar"

    def pack_zip(self):
        self.run("zip", "-q", "-@", self.surroundings.folder / "all.zip", cwd=self.source, input=self.listed())
        return self.surroundings.folder / "all.zip"

    def pack_cpio(self):
        self.run("sh", "-c", "cpio --quiet -o -H newc > ../all.cpio", cwd=self.source, input=self.listed())
        return self.surroundings.folder / "all.cpio"

    def pack_7z(self):
        self.run("7z", "a", "-y", "-bd", self.surroundings.folder / "all.7z", *self.names, cwd=self.source)
        return self.surroundings.folder / "all.7z"

    def unpack(self, archive, *words):
        with open(archive, "rb") as file:
            self.run(*words, cwd=self.target, stdin=file)

    def move(self, *words):
        """From another file system, as `jq … f > /tmp/x && mv /tmp/x f`."""
        for name in self.names:
            shutil.copy2(self.source / name, self.surroundings.folder / "moved")
            self.run(*words, self.surroundings.folder / "moved", self.target / name)
        assert not os.path.exists(self.surroundings.folder / "moved")

    def git(self, *words, **rest):
        return self.run("git", f"--git-dir={self.surroundings.folder / 'repo'}", f"--work-tree={self.target}",
                        "-c", "user.name=A", "-c", "user.email=a@example.com", *words, cwd=self.target, **rest)

    def git_start(self):
        """A repository of the target's present files, and the branch `wanted` with those of the source."""
        self.git("init", "-q", "-b", "main")
        self.git("update-index", "--add", "--", *self.names)
        self.git("commit", "-qm", "present")
        self.git("branch", "wanted")
        index = {"GIT_INDEX_FILE": str(self.surroundings.folder / "index"), "GIT_WORK_TREE": str(self.source)}
        words = ("git", f"--git-dir={self.surroundings.folder / 'repo'}", "-c", "user.name=A", "-c",
                 "user.email=a@example.com")
        self.run(*words, "add", "-f", "--", *self.names, cwd=self.source, env=index)
        tree = self.run(*words, "write-tree", env=index).stdout.strip()
        made = self.run(*words, "commit-tree", "-p", "main", "-m", "wanted", tree).stdout.strip()
        self.git("branch", "-f", "wanted", made)


def by_tar(one, *options):
    one.run("tar", "-C", one.target, *options, "-xf", one.pack_tar())


def by_tar_unlinking(one):
    by_tar(one, "-U")


def by_tar_overwriting(one):
    by_tar(one, "--overwrite")


def by_bsdtar(one):
    one.run("bsdtar", "-C", one.target, "-xf", one.pack_tar())


def by_busybox_tar(one):
    one.run("busybox", "tar", "-C", one.target, "-xf", one.pack_tar())


def by_cpio(one):
    one.unpack(one.pack_cpio(), "cpio", "--quiet", "-idu")


def by_bsdcpio(one):
    one.unpack(one.pack_cpio(), "bsdcpio", "--quiet", "-idu")


def by_busybox_cpio(one):
    one.unpack(one.pack_cpio(), "busybox", "cpio", "-idu")


def by_unzip(one):
    one.run("unzip", "-qo", one.pack_zip(), "-d", one.target)


def by_busybox_unzip(one):
    one.run("busybox", "unzip", "-qo", one.pack_zip(), "-d", one.target)


def by_7z(one):
    one.run("7z", "x", "-y", "-bd", f"-o{one.target}", one.pack_7z())


def by_cp(one):
    one.each("cp")


def by_cp_force(one):
    one.each("cp", "-f", "-p")


def by_cp_removing(one):
    one.each("cp", "--remove-destination")


def by_install(one):
    for name in one.names:
        mode = f"{(one.source / name).stat().st_mode & 0o777:o}"
        one.run("install", "-m", mode, one.source / name, one.target / name)


def by_mv(one):
    one.move("mv")


def by_busybox_mv(one):
    one.move("busybox", "mv", "-f")


def by_rsync(one):
    one.run("rsync", "-rI", "--files-from=-", one.source, one.target, input=one.listed())


def by_script(one):
    """A script of its own that is named in the configuration."""
    script = one.surroundings.folder / "replace.py"
    script.write_text("import os, shutil, sys\nfor name in sys.stdin.read().split('\\n')[:-1]:\n"
                      "    os.remove(f'{sys.argv[2]}/{name}')\n"
                      "    shutil.copyfile(f'{sys.argv[1]}/{name}', f'{sys.argv[2]}/{name}')\n")
    one.run("python3", script, one.source, one.target, input=one.listed())


def by_git_checkout(one):
    one.git_start()
    one.git("checkout", "-q", "wanted")


def by_git_restore(one):
    one.git_start()
    one.git("checkout", "wanted", "--", ".")


def by_git_apply(one):
    one.git_start()
    one.git("apply", input=one.git("diff", "--binary", "main", "wanted").stdout)


def by_git_pull(one):
    one.git_start()
    one.git("pull", "-q", "--ff-only", one.surroundings.folder / "repo", "wanted")


def by_git_rebase(one):
    one.git_start()
    one.git("commit", "-q", "--allow-empty", "-m", "own")
    one.git("rebase", "-q", "wanted")


def by_git_stash(one):
    one.git_start()
    one.git("read-tree", "wanted")
    tree = one.git("write-tree").stdout.strip()
    index = one.git("commit-tree", "-p", "main", "-m", "index", tree).stdout.strip()
    stash = one.git("commit-tree", "-p", "main", "-p", index, "-m", "stash", tree).stdout.strip()
    one.git("read-tree", "main")
    one.git("update-index", "-q", "--refresh")
    one.git("stash", "store", stash)
    one.git("stash", "pop", "-q")


def by_patch(one):
    one.git_start()
    one.run("patch", "-s", "-p1", "-d", one.target, input=one.git("diff", "main", "wanted").stdout)


WAYS = {name.removeprefix("by_").replace("_", " "): way for name, way in list(globals().items())
        if name.startswith("by_")}
# These open the file that is there.
OVERWRITING = ("tar overwriting", "busybox unzip", "cp", "cp force", "rsync")
# These write changed files alone.
CHANGED_ONLY = [name for name in WAYS if name.startswith("git") or name == "patch"]
