"""The calls that reading a whole tree costs, computed from the catalogue's rows."""
import collections
import math
import os

from kinds import KINDS, ending_of, steps_of

# Before the first listing: the ids of tenant and community. The service's key is pinned.
CONNECTING = {"POST /community_auth_info/fetch": 1}


def places(mount, path):
    """The directories of a path template: one for each combination of objects in it."""
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
    """The number of calls that list a directory."""
    if "page_total" not in kind:
        return 1
    count = len([name for name in mount.names(directory) if name.endswith(ending_of(kind))])
    return max(1, math.ceil(count / kind["page_size"]))


def types(mount, directory):
    return {mount.json(path)["type"] for path in mount.documents(directory)}


def listed(kind):
    return not kind.get("on_demand") and "}.d/" not in kind["path"] and "list" in kind


def expected_calls(mount, wanted=listed):
    """The calls that fetch each object of the wanted kinds in the tree once."""
    calls = collections.Counter(CONNECTING)
    for kind in KINDS.values():
        for directory in places(mount, kind["path"]) if wanted(kind) else []:
            [step] = steps_of(kind, "list")
            calls[step["call"]] += pages(mount, kind, directory) if kind["shape"] == "set" else 1
            # A list of texts has only names: each text is fetched.
            if kind.get("form") == "text":
                calls[kind["lookup"]["call"]] += len(mount.names(directory))
            # The holders of all tokens are fetched by one call.
            calls["POST /hardwaretokens/usertokens/fetch"] += kind.get("hook") == "hardware-tokens"
            # One object of each type is compared with its own call, to learn whether the list is short.
            if "detail" in kind:
                calls[kind["detail"]["call"]] += len(types(mount, directory))
    return +calls
