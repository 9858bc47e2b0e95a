"""A program in a terminal of tmux: sends keys and waits for texts on the screen."""
import pathlib
import uuid

from waiting import until


class Terminal:
    def __init__(self, surroundings, *command, cwd):
        self.surroundings = surroundings
        self.socket = surroundings.folder / f"tmux-{uuid.uuid4().hex[:8]}"
        done = self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "-c", str(cwd),
                          "-P", "-F", "#{pane_pid}", *command, check=True)
        self.pid = int(done.stdout)

    def _tmux(self, *words, **rest):
        return self.surroundings.run("tmux", "-S", self.socket, *words, **rest)

    def keys(self, *keys):
        """Sends keys by their tmux names: "C-x", "Enter"."""
        self._tmux("send-keys", *keys, check=True)

    def type(self, text):
        self._tmux("send-keys", "-l", text, check=True)

    def screen(self):
        return self._tmux("capture-pane", "-p").stdout

    def wait_for(self, text, seconds=20):
        try:
            until(lambda: text in self.screen(), seconds)
        except AssertionError:
            raise AssertionError(f"{text!r} did not appear on:\n{self.screen()}") from None

    def running(self):
        return pathlib.Path(f"/proc/{self.pid}").exists()

    def wait_for_end(self, seconds=30):
        try:
            until(lambda: not self.running(), seconds)
        except AssertionError:
            raise AssertionError(f"the program did not end:\n{self.screen()}") from None

    def close(self):
        """Ends the program and waits for it: its working directory would keep a mount busy."""
        self._tmux("kill-server")
        until(lambda: not self.running(), 20, "the end of the terminal's program")
