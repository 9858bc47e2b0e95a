"""The programs under test: their paths and the environment they run in."""
import contextlib
import os
import pathlib
import shutil
import subprocess

NAMES = ("tenantfs", "tenantfs-mountd", "tenantfs-sandbox")
NO_SKIP = os.environ.get("TENANTFS_NO_SKIP") == "1"

SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[1] / "data" / "leaks-of-others.txt"

# Messages of sanitizers; each fails the test that ran the program.
SANITIZER_SIGNS = ("ERROR: AddressSanitizer", "runtime error:", "LeakSanitizer", "WARNING: ThreadSanitizer",
                   "UndefinedBehaviorSanitizer")


def find_programs(build):
    """Path of each program, wherever it is in the build folder."""
    found = {}
    for name in NAMES:
        for path in sorted(pathlib.Path(build).rglob(name)):
            if path.is_file() and os.access(path, os.X_OK):
                found[name] = path.resolve()
                break
    return found


def gather(programs, folder):
    """Puts the programs into one folder, as in an installation."""
    folder.mkdir(parents=True)
    for name, path in programs.items():
        try:
            os.link(path, folder / name)
        except OSError:
            shutil.copy2(path, folder / name)
    return folder


class Surroundings:
    """Folders and variables of one test: home, state and runtime folder, and sanitizer reports."""

    def __init__(self, bin_dir, folder):
        self.bin = bin_dir
        self.steps = []      # command lines for the repro script
        self.failed = False  # set by failures during the clean-up
        self.folder = folder
        self.reports = folder / "sanitizer"
        self.home = folder / "home"
        for path in (self.reports, self.home, self.home / "run", folder / "tmp"):
            path.mkdir(parents=True, mode=0o700)
        self.variables = {
            "HOME": str(self.home),
            "TMPDIR": str(folder / "tmp"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "PATH": f"{bin_dir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            "GIT_CONFIG_NOSYSTEM": "1",
            "ASAN_OPTIONS": f"log_path={self.reports}/asan:exitcode=99:detect_stack_use_after_return=1",
            "LSAN_OPTIONS": f"suppressions={SUPPRESSIONS}:print_suppressions=0",
            "UBSAN_OPTIONS": f"log_path={self.reports}/ubsan:print_stacktrace=1:halt_on_error=1:exitcode=99",
            "TSAN_OPTIONS": f"log_path={self.reports}/tsan:exitcode=99:second_deadlock_stack=1",
        }

    @contextlib.contextmanager
    def noting_failure(self):
        """An exception inside marks the test as failed, so that its folder is kept."""
        try:
            yield
        except BaseException:
            self.failed = True
            raise

    def complaints(self, *texts):
        """Messages of sanitizers in their files or in one of the texts."""
        found = [path.read_text(errors="replace") for path in sorted(self.reports.iterdir())]
        found += [text for text in texts if any(sign in text for sign in SANITIZER_SIGNS)]
        return [text for text in found if text.strip()]

    def run(self, *words, check=False, timeout=60, cwd=None, env=None, **rest):
        """Runs a command to its end; returns its status and output."""
        rest.setdefault("stdin", subprocess.DEVNULL if "input" not in rest else None)
        if rest["stdin"] is None:
            del rest["stdin"]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=timeout,
                              cwd=cwd or self.folder, env={**self.variables, **(env or {})}, **rest)
        if check and done.returncode:
            command = " ".join(map(str, words))
            raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, *words, cwd=None, env=None, **rest):
        rest.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([str(word) for word in words], cwd=cwd or self.folder,
                                env={**self.variables, **(env or {})}, **rest)
