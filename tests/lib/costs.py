"""What looking at a whole tree costs in calls, computed from the catalogue's rows."""
import collections
import math
import os

from kinds import KINDS, ending_of, steps_of

# Before the first listing: the ids of tenant and community. The key to seal for is pinned.
CONNECTING = {"POST /community_auth_info/fetch": 1}


def places(mount, path):
    """Directories that a path's directory stands for: one for each object that it runs through."""
    found = [""]
    for segment in path.rstrip("/").split("/")[:-1]:
        if segment.startswith("{"):
            found = [f"{at}{name}/" for at in found for name in directories(mount, at)]
        else:
            found = [f"{at}{segment}/" for at in found]
    return found


def directories(mount, at):
    return [name for name in mount.names(at) if os.path.isdir(mount / at / name)]


def pages(mount, kind, directory):
    """How many calls the list of a directory takes."""
    if "page_total" not in kind:
        return 1
    count = len([name for name in mount.names(directory) if name.endswith(ending_of(kind))])
    return max(1, math.ceil(count / kind["page_size"]))


def listed(kind):
    return not kind.get("on_demand") and "}.d/" not in kind["path"] and "list" in kind


def expected_calls(mount, wanted=listed):
    """From the tree as it is and the catalogue's rows: the calls that show once all of it that is wanted."""
    calls = collections.Counter(CONNECTING)
    for kind in KINDS.values():
        for directory in places(mount, kind["path"]) if wanted(kind) else []:
            [step] = steps_of(kind, "list")
            calls[step["call"]] += pages(mount, kind, directory) if kind["shape"] == "set" else 1
            # A list of texts has their names: each is asked for.
            if kind.get("form") == "text":
                calls[kind["lookup"]["call"]] += len(mount.names(directory))
            # Who holds which token is asked for all tokens at once.
            calls["POST /hardwaretokens/usertokens/fetch"] += kind.get("hook") == "hardware-tokens"
    return +calls
