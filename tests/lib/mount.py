"""A mount for one test: mounted, read, written, unmounted, with a check of its daemon's end."""
import json
import os
import pathlib
import signal
import subprocess

from waiting import until

ERROR = "user.tenantfs.error"
COMMUNITY = "communities/default"


def mount_points():
    with open("/proc/self/mountinfo") as table:
        return [line.split(" ")[4].replace("\\040", " ").replace("\\134", "\\") for line in table]


def is_mounted(path):
    return str(path) in mount_points()


def mounts_below(folder):
    return [path for path in mount_points() if path.startswith(f"{folder}/")]


def threads_of(pid):
    """For each thread of a process its number, name, state, nice value, and where it waits in the kernel."""
    for task in sorted(pathlib.Path(f"/proc/{pid}/task").iterdir()):
        name, rest = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        fields = rest.split()
        yield f"{task.name} {name}: {fields[0]}, nice {fields[16]}, {(task / 'wchan').read_text()}"


class Mount:
    def __init__(self, surroundings, conf, path, options=(), env=None):
        self.surroundings = surroundings
        self.conf = conf
        self.path = pathlib.Path(path)
        self.options = [str(option) for option in options]
        self.env = env or {}
        self.stderr = self.path.parent / f"{self.path.name}.err"
        self.process = None

    def command(self):
        return [str(self.surroundings.bin / "tenantfs"), "-c", str(self.conf), "mount", "-f", *self.options,
                str(self.path)]

    def start(self):
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.stderr, "a") as err:
            self.process = self.surroundings.start(*self.command(), stdout=err, stderr=err, env=self.env)
        until(self._up, 60, "the mount")
        return self

    def _up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the mount ended with {self.process.returncode}: {self.messages()}")
        return is_mounted(self.path)

    def messages(self):
        return self.stderr.read_text(errors="replace") if self.stderr.exists() else ""

    def stop(self):
        """Unmounts; the daemon must end with status 0 and leave no mount."""
        if self.process is None:
            return
        if is_mounted(self.path):
            self.surroundings.run("fusermount3", "-u", self.path, check=True)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            threads = "\n".join(threads_of(self.process.pid))
            self.abandon()
            raise AssertionError(f"the daemon did not end after its unmount: {self.messages()}\n{threads}") from None
        self.process = None
        assert code == 0, f"the daemon ended with {code}: {self.messages()}"
        assert not is_mounted(self.path)

    def abandon(self):
        """Unmounts and kills the daemon without any check."""
        if is_mounted(self.path):
            self.surroundings.run("fusermount3", "-uz", self.path)
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.process = None

    def daemon_pid(self):
        """The process that serves the mount: `tenantfs mount -f` becomes it."""
        return self.process.pid

    def resident_kb(self):
        status = pathlib.Path(f"/proc/{self.daemon_pid()}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def allow(self, *words):
        """Permits gated operations in the whole mount."""
        for word in words or ("removals", "lockout", "weakening", "blanking"):
            self.surroundings.run("tenantfs", "-c", self.conf, "allow", word, env=self.env, check=True)

    # Paths below the mount.

    def __truediv__(self, name):
        return self.path / name

    @property
    def community(self):
        return self.path / COMMUNITY

    def text(self, name):
        return (self.path / name).read_text()

    def json(self, name):
        return json.loads(self.text(name))

    def names(self, name=""):
        """Entries of a directory that do not start with a dot."""
        return sorted(entry for entry in os.listdir(self.path / name) if not entry.startswith("."))

    def documents(self, name):
        """Document files of a set, relative to the mount."""
        return [f"{name}/{entry}" for entry in self.names(name) if entry.endswith(".json")]

    def error(self, name):
        """The last error of a file, from its extended attribute."""
        return os.getxattr(self.path / name, ERROR).decode()

    def errors(self):
        return self.json(".tenantfs/errors.json")

    def refresh(self):
        """Invalidates everything that was read."""
        (self.path / ".tenantfs" / "refresh").write_text("\n")

    def drafts(self):
        """Files below .tenantfs/drafts, relative to it."""
        top = self.path / ".tenantfs" / "drafts"
        return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())

    def draft(self, name):
        return (self.path / ".tenantfs" / "drafts" / name).read_text()
