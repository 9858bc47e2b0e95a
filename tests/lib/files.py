"""Saves files as programs do, and returns errors by name."""
import contextlib
import errno
import os


def overwrite(path, text):
    """Open with truncation, write, close; raises the first error."""
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
    """Name of the errno of a call; "" on success."""
    try:
        call(*arguments, **rest)
    except OSError as error:
        return errno.errorcode[error.errno]
    return ""


def read_bytes(path, size=1 << 16):
    """The content of a file by plain reads, as cat reads it."""
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
