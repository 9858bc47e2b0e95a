"""Watchers: a program that watches a document learns of each save, also after the first."""
import ctypes
import json
import os
import select
import struct

import pytest

from files import overwrite
from places import MFA, SETTINGS
from sets import text_of

LIBC = ctypes.CDLL(None, use_errno=True)
MODIFY, ATTRIB, CLOSE_WRITE, MOVED_TO, DELETE_SELF, MOVE_SELF, IGNORED = 2, 4, 8, 0x80, 0x400, 0x800, 0x8000
MEMBER = "otpMaxAttempts"


class Watch:
    """What an editor or builder does: watches a path, and watches it again when the inode is gone."""

    def __init__(self, path):
        self.path = os.fsencode(path)
        self.descriptor = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.add()

    def add(self):
        assert LIBC.inotify_add_watch(self.descriptor, self.path,
                                      MODIFY | ATTRIB | CLOSE_WRITE | MOVED_TO | DELETE_SELF | MOVE_SELF) > 0

    def events(self, seconds):
        """All events until there is none for a moment; watches again after the end of the inode."""
        found, wait = 0, seconds
        while select.select([self.descriptor], [], [], wait)[0]:
            data, wait = os.read(self.descriptor, 65536), 0.3
            while data:
                _, mask, _, length = struct.unpack("iIII", data[:16])
                found, data = found | mask, data[16 + length:]
                if mask & IGNORED:
                    self.add()
        return found

    def close(self):
        os.close(self.descriptor)


def in_place(mount, tenantfs, text):
    overwrite(mount / MFA, text)


def renamed_over(mount, tenantfs, text):
    (mount / f"{MFA}.tmp").write_text(text)
    os.rename(mount / f"{MFA}.tmp", mount / MFA)


def by_others(mount, tenantfs, text):
    body = mount.path.parent / "body.json"
    body.write_text(json.dumps({name: value for name, value in json.loads(text).items() if name != "_server"}))
    tenantfs("call", "PUT", "/config/authentication/mfa_settings", "--body", body, check=True)
    tenantfs("refresh", check=True)
    assert mount.json(MFA)[MEMBER] == json.loads(text)[MEMBER]


@pytest.mark.parametrize("save", [in_place, renamed_over], ids=lambda save: save.__name__)
def test_a_watched_file_tells_each_save(mount, tenantfs, save):
    mount.text(MFA)
    watch = Watch(mount / MFA)
    for number in range(5):
        save(mount, tenantfs, text_of({**mount.json(MFA), MEMBER: 10 + number}))
        assert watch.events(5) & (MODIFY | CLOSE_WRITE | DELETE_SELF), number
        assert mount.json(MFA)[MEMBER] == 10 + number
    watch.close()


def test_a_watched_file_tells_of_changes_by_others(mount, tenantfs):
    """The look-up that finds the new version races with the notification, so a change may raise no event."""
    mount.text(MFA)
    told = 0
    watch = Watch(mount / MFA)
    for number in range(5):
        by_others(mount, tenantfs, text_of({**mount.json(MFA), MEMBER: 10 + number}))
        told += bool(watch.events(1) & (MODIFY | CLOSE_WRITE | DELETE_SELF))
        watch.add()
    assert told > 0
    watch.close()


def test_a_watched_directory_tells_each_own_save(mount, tenantfs):
    watch = Watch(mount / SETTINGS)
    for number, save in enumerate([in_place, renamed_over] * 2):
        save(mount, tenantfs, text_of({**mount.json(MFA), MEMBER: 10 + number}))
        assert watch.events(5) & (CLOSE_WRITE | MOVED_TO), number
    watch.close()
