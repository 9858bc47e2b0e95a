"""Local users without an account: an action runs in a child process with the user's ids."""
import contextlib
import errno
import json
import os
import pathlib

GROUP = 7400


class Refused(OSError):
    """The error of a system call in the child."""


class Person:
    def __init__(self, uid, name, mail, groups=(GROUP,)):
        self.uid = uid
        self.name = name
        self.mail = mail
        self.groups = list(groups)
        self.pid = None  # of the last action

    def section(self):
        """The user's section of the configuration."""
        return f'[author "{self.uid}"]\n\tname = {self.name}\n\temail = {self.mail}\n'

    def does(self, action, *arguments, program="", **rest):
        """Runs the action in a process named `program`; returns its value or raises its OSError."""
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reader)
            self._child(writer, action, arguments, rest, program)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            answer = json.loads(pipe.read())
        os.waitpid(self.pid, 0)
        if "errno" in answer:
            raise Refused(answer["errno"], os.strerror(answer["errno"]))
        assert "failure" not in answer, answer["failure"]
        return answer["value"]

    def _child(self, writer, action, arguments, rest, program):
        try:
            if program:
                pathlib.Path("/proc/self/comm").write_text(program)
            os.setgroups(self.groups)
            os.setresgid(self.uid, self.uid, self.uid)
            os.setresuid(self.uid, self.uid, self.uid)
            os.umask(0o022)
            answer = {"value": action(*arguments, **rest)}
        except OSError as error:
            answer = {"errno": error.errno}
        except BaseException as error:  # noqa: B902: the parent must get any failure
            answer = {"failure": repr(error)}
        with contextlib.suppress(BaseException):
            os.write(writer, json.dumps(answer).encode())
        os._exit(0)

    def refused(self, action, *arguments, **rest):
        """Name of the errno; "" on success."""
        try:
            self.does(action, *arguments, **rest)
        except Refused as error:
            return errno.errorcode[error.errno]
        return ""


def text_at(path):
    return pathlib.Path(path).read_text()


def make_traversable(folder):
    """Lets other users through the folder of a test and that of the run, down to the mounts in it."""
    for path in (folder, *folder.parents):
        if path.stat().st_uid == os.getuid() and path.stat().st_mode & 0o7777 == 0o700:
            path.chmod(0o711)
