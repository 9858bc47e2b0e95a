"""Saving as programs do, and what the system said about it."""
import contextlib
import errno
import os


def overwrite(path, text):
    """Open with truncation, write, close: whatever of it is refused is raised."""
    data = text.encode() if isinstance(text, str) else text
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        while data:
            data = data[os.write(descriptor, data):]
    except OSError:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise
    os.close(descriptor)


def create(path, text):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(descriptor, text.encode() if isinstance(text, str) else text)
    finally:
        os.close(descriptor)


def refusal(call, *arguments, **rest):
    """Name of the errno a call ends with, "" when it went well."""
    try:
        call(*arguments, **rest)
    except OSError as error:
        return errno.errorcode[error.errno]
    return ""


def read_bytes(path, size=1 << 16):
    """All of a file by plain reads, as cat does."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        parts = []
        while True:
            part = os.read(descriptor, size)
            if not part:
                return b"".join(parts)
            parts.append(part)
    finally:
        os.close(descriptor)
