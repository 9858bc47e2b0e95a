"""A refusal to read is told until the same is read well; one to save outlives any reading."""
import errno
import json
import os

import pytest

from files import overwrite, refusal
from places import MFA, PROVIDERS


def error_of(mount, path):
    """errno of the attribute, "" where there is none."""
    try:
        return json.loads(mount.error(path))["errno"]
    except OSError as error:
        assert error.errno == errno.ENODATA
        return ""


@pytest.mark.conf(timeout=3)
@pytest.mark.parametrize("path, read", [(MFA, lambda path: path.read_text()), (PROVIDERS, os.listdir)],
                         ids=["document", "directory"])
def test_good_read_settles_a_refused_one(mount, sandbox, path, read):
    sandbox.fault("status=403")
    assert refusal(read, mount / path) == "EPERM"
    [told] = mount.errors()
    assert (told["path"], told["settled"], told["error"]["errno"]) == (path, False, "EPERM")
    sandbox.fault()
    read(mount / path)
    [told] = mount.errors()
    assert told["settled"]
    assert error_of(mount, path) == ""


def test_good_read_leaves_a_refused_save(mount, sandbox):
    mount.text(MFA)
    sandbox.fault("status=403,method=PUT")
    document = {**mount.json(MFA), "otpMaxAttempts": 7}
    assert refusal(overwrite, mount / MFA, json.dumps(document)) == "EPERM"
    sandbox.fault()
    mount.text(MFA)
    os.listdir(mount / "communities/default/settings")
    assert error_of(mount, MFA) == "EPERM"
    assert mount.errors()[-1]["settled"] is False
