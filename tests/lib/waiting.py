"""Waits for conditions instead of fixed times."""
import time


def until(condition, seconds=20, what="it", every=0.02):
    """Waits for the first true value of condition() and returns it; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(every)


class Clock:
    """Measures a block: `with Clock() as took: …; took.seconds`."""

    def __enter__(self):
        self.start = time.monotonic()
        self.seconds = None
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.start
