"""Lists in other forms than the row says, which servers may use: read as the same objects, and no object is missing."""
import pytest

from kinds import KINDS, calls_of, folder_of, sets

SHAPES = ("keyed", "nested", "boxed", "single")
# Texts, records by key, and what no call lists have their own tests.
LISTED = sorted(kind["name"] for kind in sets()
                if "list" in kind and kind.get("name_member") and "map_key" not in kind)


def contents(mount, folder):
    mount.refresh()
    return {path: mount.text(path) for path in mount.documents(folder)}


def fault_of(kind, shape):
    path = calls_of(kind, "list")[0].split(" ")[1].split("{")[0]
    return f"{shape},path={path}"


@pytest.mark.parametrize("name", LISTED)
def test_list_has_the_same_objects_in_every_form(mount, sandbox, name):
    kind = KINDS[name]
    folder = folder_of(mount, kind)
    wanted = contents(mount, folder)
    for shape in SHAPES:
        sandbox.fault(fault_of(kind, shape))
        assert contents(mount, folder) == wanted, shape
    sandbox.fault("")
