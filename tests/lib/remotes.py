"""Places a history is pushed to: a bare repository, and servers on this machine in front of it."""
import subprocess


def git(*words, check=True, **rest):
    done = subprocess.run(["git", *map(str, words)], capture_output=True, text=True, check=False, timeout=120, **rest)
    if check:
        assert done.returncode == 0, done.stderr
    return done.stdout


class Remote:
    """A bare repository; `commits` of a branch, the oldest first."""

    def __init__(self, path):
        self.path = path
        git("init", "-q", "--bare", path)

    def git(self, *words, **rest):
        return git(f"--git-dir={self.path}", *words, **rest)

    def branches(self):
        return sorted(self.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split())

    def commits(self, branch):
        return self.git("rev-list", "--reverse", "--first-parent", branch).split()

    def fsck(self):
        self.git("fsck", "--strict", "--no-dangling")
