"""A sandbox for one test: start, request log, faults, stop."""
import json
import os
import re
import signal
import subprocess

from endpoints import Endpoints
from waiting import until

ENDPOINTS = Endpoints()


class Request(dict):
    """One line of the sandbox's log."""

    @property
    def name(self):
        """"PUT /config/authentication/mfa_settings": the endpoint, or the request itself without one."""
        found = self.endpoint
        return found.name if found else f"{self['method']} {self.path}"

    @property
    def path(self):
        path = self["path"].split("?", 1)[0]
        return path.removeprefix("/adminapi")

    @property
    def endpoint(self):
        return ENDPOINTS.of(self["method"], self.path)

    @property
    def reads(self):
        """Whether it changed nothing. A report starts a job only with `download`."""
        found = self.endpoint
        if found is None:
            return self["method"] == "GET"
        return found.reads or (found.is_report and not (self.body or {}).get("download"))

    @property
    def body(self):
        return self.get("body")


class Sandbox:
    def __init__(self, surroundings, folder, options=(), listen="127.0.0.1:0"):
        self.surroundings = surroundings
        self.data = folder
        self.options = [str(option) for option in options]
        self.log = folder / "requests.log"
        self.listen = listen
        self.process = None
        self.url = None

    @property
    def conf(self):
        return self.data / "tenantfs.conf"

    def command(self):
        return [str(self.surroundings.bin / "tenantfs-sandbox"), "--data", str(self.data), "--listen", self.listen,
                "--log", str(self.log), *self.options]

    def start(self):
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.output = self.data.parent / "sandbox.out"
        self.errors = self.data.parent / "sandbox.err"
        with open(self.output, "w") as out, open(self.errors, "a") as err:
            self.process = self.surroundings.start(*self.command(), stdout=out, stderr=err)
        match = until(self._listening, 60, "the sandbox's start")
        self.url = match.group(1)
        # A restart serves the same address.
        self.listen = re.sub(r"^https?://", "", self.url).split("/", 1)[0]
        return self

    def _listening(self):
        match = re.search(r"^listening on (https?://\S+)\n", self.output.read_text(), re.M)
        if match is None and self.process.poll() is not None:
            raise AssertionError(f"the sandbox ended with {self.process.returncode}: {self.errors.read_text()}")
        return match

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the sandbox did not end on SIGTERM") from None
        assert code == 0, f"the sandbox ended with {code}: {self.errors.read_text()}"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def all_requests(self):
        if not self.log.exists():
            return []
        whole = self.log.read_text().rsplit("\n", 1)[0]
        return [Request(json.loads(line)) for line in whole.split("\n") if line]

    def mark(self):
        """A mark of the requests so far, for requests() and writes()."""
        return len(self.all_requests())

    def requests(self, since=0):
        return self.all_requests()[since:]

    def writes(self, since=0):
        return [request for request in self.requests(since) if not request.reads]

    def names(self, since=0):
        return [request.name for request in self.requests(since)]

    def fault(self, spec=""):
        """Injects faults from now on; "" ends them."""
        new = self.data / ".fault.new"
        new.write_text(spec + "\n" if spec else "")
        os.replace(new, self.data / "fault")

    def tenant(self):
        """The settings in the sandbox's configuration file, by name."""
        return dict(re.findall(r"^\s+([\w-]+) = (.*?)\s*$", self.conf.read_text(), re.M))
