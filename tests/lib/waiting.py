"""Waiting for something to become true, never for a fixed time."""
import time


def until(condition, seconds=20, what="it", every=0.02):
    """The first true value of condition(); fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(every)


class Clock:
    """How long a block took: `with Clock() as took: …; took.seconds`."""

    def __enter__(self):
        self.start = time.monotonic()
        self.seconds = None
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.start
