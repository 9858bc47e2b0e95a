"""The command at a terminal: hidden questions, progress, completion; and the options of the daemon itself."""
import re

import pytest

from mount import is_mounted
from terminal import Terminal
from waiting import until

USAGE = 64


def command_line(sandbox, *words):
    return ["tenantfs", "-c", str(sandbox.conf), *map(str, words)]


@pytest.fixture
def terminal(surroundings):
    """Runs a line of shell in a terminal that stays open behind it."""
    made = []

    def run(line):
        line += "; echo ended with $?; sleep 600"
        made.append(Terminal(surroundings, "sh", "-c", line, cwd=surroundings.folder))
        return made[-1]

    yield run
    for one in made:
        one.close()


def credentials(sandbox):
    """User name, password and code of the sandbox's administrator."""
    return [line.split("=", 1)[-1].strip() for line in (sandbox.data / "credentials").read_text().splitlines()]


def forget_token(sandbox):
    kept = [line for line in sandbox.conf.read_text().split("\n") if "token-file" not in line]
    sandbox.conf.write_text("\n".join(kept))


def test_login_hides_the_password(sandbox, terminal):
    forget_token(sandbox)
    name, password, *factors = credentials(sandbox)
    screen = terminal(" ".join(command_line(sandbox, "login")))
    screen.wait_for("Login name:")
    screen.type(name)
    screen.keys("Enter")
    for count, answer in enumerate((password, *factors), 1):
        until(lambda: len(re.findall(": *$", screen.screen(), re.M)) == count, 20, "the next question")
        screen.type(answer)
        screen.keys("Enter")
    screen.wait_for("ended with 0")
    text = screen.screen()
    assert name in text and password not in text and "logged in as" in text


def test_interrupted_question_restores_the_terminal(sandbox, terminal):
    forget_token(sandbox)
    screen = terminal("trap : INT; " + " ".join(command_line(sandbox, "login")) + "; stty -a")
    screen.wait_for("Login name:")
    screen.type(credentials(sandbox)[0])
    screen.keys("Enter")
    screen.wait_for("assword")
    screen.keys("C-c")
    screen.wait_for("ended with 0")
    assert re.search(r"\secho\s", screen.screen())


def test_mount_and_umount_tell_what_they_wait_for(sandbox, surroundings, terminal):
    place = surroundings.folder / "place"
    place.mkdir()
    sandbox.fault("latency=1500")
    screen = terminal(" ".join(command_line(sandbox, "mount", place)))
    screen.wait_for("mounting … 1 s")
    sandbox.fault()
    screen.wait_for("ended with 0")
    # The line of the progress is erased.
    assert "mounting …" not in screen.screen()
    assert is_mounted(place)
    assert surroundings.run(*command_line(sandbox, "umount", place)).returncode == 0
    assert not is_mounted(place)


def test_umount_of_other_places_is_refused(mount, tenantfs, surroundings):
    for path, reason in ((surroundings.folder, "no tenantfs mount is there"),
                         (surroundings.folder / "missing", "no tenantfs mount is there"),
                         (mount / "communities", f"the mount is {mount.path}")):
        done = tenantfs("umount", path)
        assert (done.returncode, done.stdout) == (1, "") and reason in done.stderr, done.stderr


def test_completion_lists_commands_and_options(tenantfs):
    commands = tenantfs("complete", check=True).stdout.split()
    assert {"mount", "umount", "status"} <= set(commands) and "complete" not in commands
    options = tenantfs("complete", "log", check=True).stdout.split()
    assert options and all(option.startswith("--") for option in options)
    assert tenantfs("complete", "no-such-command", check=True).stdout.split() == commands


def test_sandbox_command_runs_the_sandbox(tenantfs):
    done = tenantfs("sandbox", "--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: tenantfs-sandbox")


MISTAKES = {
    "timeout": (["-o", "timeout=0"], "timeout=0: must be 1 to 86400 seconds"),
    "gid": (["-o", "gid=no such group"], "gid=no such group: no such group"),
    "umask": (["-o", "umask=789"], "umask=789: must be an octal number up to 077"),
    "option of mount": (["-o", "ro,fast"], 'unknown mount option "fast"'),
    "descriptor": (["--ready-fd", "three"], "--ready-fd takes a number"),
    "option": (["--fast"], "unknown option; see --help"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_daemon_names_the_mistake_in_its_options(surroundings, sandbox, case):
    words, message = MISTAKES[case]
    done = surroundings.run("tenantfs-mountd", "-c", sandbox.conf, *words, surroundings.folder)
    assert done.returncode == USAGE and message in done.stderr, done.stderr


def test_daemon_prints_usage_and_version(surroundings, bin_dir):
    assert surroundings.run("tenantfs-mountd", "--help", check=True).stdout.startswith("usage: tenantfs-mountd")
    version = surroundings.run("tenantfs-mountd", "-V", check=True).stdout
    assert re.fullmatch(r"tenantfs-mountd \d+\.\d+\.\d+\n", version)


def test_blame_prints_who_set_each_member(mount, tenantfs, history):
    path = "communities/default/settings/mfa.json"
    (mount / ".tenantfs/reason").write_text("ticket 4711\n")
    text = mount.text(path)
    (mount / path).write_text(re.sub(r'("otpMaxAttempts": )\d+', r"\g<1>9", text))
    history.written()
    lines = tenantfs("blame", mount / path, check=True).stdout.splitlines()
    [line] = [line for line in lines if "otpMaxAttempts: 9" in line]
    assert re.match(r"[0-9a-f]{12}  ", line) and line.endswith("(ticket 4711)")
