"""A sandbox, a mount of it, and other file systems with the same files, for one benchmark."""

import gzip
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

EXAMPLES = Path("/usr/share/doc/libfuse3-dev/examples")
SFTP_SERVER = Path("/usr/lib/openssh/sftp-server")
WAIT_SECONDS = 60


class Process:
    """A child process."""

    def __init__(self, argv, **options):
        self.child = subprocess.Popen(argv, **options)

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def wait_for(what, condition):
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError(f"gave up waiting for {what}")


class Sandbox:
    def __init__(self, build, folder, users):
        folder.mkdir(parents=True)
        self.log = folder / "requests.log"
        self.conf = folder / "data" / "tenantfs.conf"
        out = open(folder / "stdout", "w")
        start = time.monotonic()
        self.process = Process(
            [build / "src/sandbox/tenantfs-sandbox", "--data", folder / "data", "--listen", "127.0.0.1:0",
             "--users", str(users), "--seed", "1", "--log", self.log],
            stdout=out, stdin=subprocess.DEVNULL)
        wait_for("the sandbox", lambda: "listening on" in (folder / "stdout").read_text())
        self.ready_seconds = time.monotonic() - start
        with open(self.conf, "a") as conf:
            conf.write("\tfeed-interval = 0\n")

    def lines(self):
        return sum(1 for _ in open(self.log, "rb")) if self.log.exists() else 0

    def requests_since(self, line):
        import json
        with open(self.log) as log:
            return [json.loads(text) for text in list(log)[line:]]


class Mount:
    """A mount of the sandbox with its own state and runtime folders."""

    def __init__(self, build, sandbox, folder):
        self.dir = folder / "mount"
        self.dir.mkdir(parents=True)
        self.build = build
        self.environment = dict(os.environ, XDG_STATE_HOME=str(folder / "state"),
                                XDG_RUNTIME_DIR=str(folder / "run"), XDG_CONFIG_HOME=str(folder / "config"))
        for name in ("state", "run", "config"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        self.process = Process([build / "mountd/tenantfs-mountd", "-f", "-c", sandbox.conf, self.dir],
                               env=self.environment, stdin=subprocess.DEVNULL)
        wait_for("the mount", lambda: os.path.ismount(self.dir))

    def rss_bytes(self, which="VmRSS"):
        for line in open(f"/proc/{self.process.child.pid}/status"):
            if line.startswith(f"{which}:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"no {which}")

    def peak_bytes(self):
        return self.rss_bytes("VmHWM")

    def processor_ticks(self):
        return sum(int(field) for field in open(f"/proc/{self.process.child.pid}/stat").read().split()[13:15])

    def wait_until_idle(self, seconds=5):
        """Waits until the daemon was idle for `seconds`, so that its background work is done."""
        still, ticks, end = 0, self.processor_ticks(), time.monotonic() + 600
        while still < seconds * 2 and time.monotonic() < end:
            time.sleep(0.5)
            now = self.processor_ticks()
            still, ticks = (still + 1, ticks) if now - ticks <= 1 else (0, now)

    def stop(self):
        subprocess.run(["fusermount3", "-u", self.dir], check=False)
        self.process.stop()


class Passthrough:
    """libfuse's example passthrough_ll with cache=always on `source`."""

    name = "passthrough_ll"

    def __init__(self, folder, source):
        self.dir = folder / "passthrough"
        self.dir.mkdir()
        program = self.compile(folder)
        self.process = Process([program, "-f", "-o", f"source={source},cache=always", self.dir],
                               stdin=subprocess.DEVNULL)
        wait_for("passthrough_ll", lambda: os.path.ismount(self.dir))

    @staticmethod
    def compile(folder):
        source = folder / "passthrough_ll.c"
        for name in ("passthrough_ll.c", "passthrough_helpers.h"):
            packed, plain = EXAMPLES / f"{name}.gz", EXAMPLES / name
            data = gzip.open(packed).read() if packed.exists() else plain.read_bytes()
            (folder / name).write_bytes(data)
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], check=True, capture_output=True,
                               text=True).stdout.split()
        subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-w", "-o", folder / "passthrough_ll", source, *flags],
                       check=True)
        return folder / "passthrough_ll"

    def stop(self):
        subprocess.run(["fusermount3", "-u", self.dir], check=False)
        self.process.stop()


class Sshfs:
    """sshfs on `source` without encryption: its protocol over a loopback port."""

    name = "sshfs"

    @staticmethod
    def available():
        return SFTP_SERVER.exists() and shutil.which("sshfs") and shutil.which("socat")

    def __init__(self, folder, source):
        self.dir = folder / "sshfs"
        self.dir.mkdir()
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        listen = f"TCP-LISTEN:{port},bind=127.0.0.1,nodelay,reuseaddr,fork"
        self.server = Process(["socat", listen, f"EXEC:{SFTP_SERVER}"], stdin=subprocess.DEVNULL)
        time.sleep(0.3)
        self.process = Process(["sshfs", "-f", "-o", f"directport={port}", f"127.0.0.1:{source}", self.dir],
                               stdin=subprocess.DEVNULL)
        wait_for("sshfs", lambda: os.path.ismount(self.dir))

    def stop(self):
        subprocess.run(["fusermount3", "-u", self.dir], check=False)
        self.process.stop()
        self.server.stop()
