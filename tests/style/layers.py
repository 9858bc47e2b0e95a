"""Which layer may include which: the layers in the order in which a request passes them."""

# Each folder may include itself and the folders before it.
ORDER = ["base", "json", "envelope", "http", "config", "catalogue", "document", "api", "cache", "journal", "resource",
         "feed", "change", "history", "tree", "restore", "tenant"]
ALLOWED = {layer: set(ORDER[:place + 1]) for place, layer in enumerate(ORDER)}
ALLOWED["document"] = {"base", "json", "envelope", "catalogue", "document"}
ALLOWED["resource"] -= {"journal"}
ALLOWED["feed"] -= {"journal"}
ALLOWED["journal"] = {"base", "json", "journal"}
ALLOWED["history"] = {"base", "json", "envelope", "config", "catalogue", "cache", "journal", "history"}
ALLOWED["sandbox"] = {"base", "json", "envelope", "catalogue"}
ALLOWED["tenant"] -= {"restore"}
ALLOWED["cli"] = set(ORDER)
ALLOWED["mountd"] = set(ORDER)

# Folders whose inner headers are seen elsewhere, and by whom: `#include "document/member.h"`.
INNER = {
    "catalogue": {"resource"},
    "document": {"resource", "change"},
    "resource": {"feed", "change"},
}

# The layer of each header of include/tenantfs/.
OWNER = {
    "api.h": "api",
    "buf.h": "base",
    "cache.h": "cache",
    "catalogue.h": "catalogue",
    "field.h": "catalogue",
    "rules.h": "catalogue",
    "path.h": "catalogue",
    "caller.h": "base",
    "cleanup.h": "base",
    "child.h": "base",
    "clock.h": "base",
    "config.h": "config",
    "control.h": "tenant",
    "digest.h": "envelope",
    "document.h": "document",
    "envelope.h": "envelope",
    "change.h": "base",
    "child.h": "base",
    "error.h": "base",
    "file.h": "base",
    "file-lock.h": "tree",
    "tree-events.h": "tree",
    "hash.h": "base",
    "history.h": "history",
    "history-view.h": "history",
    "http.h": "http",
    "journal.h": "journal",
    "drafts.h": "journal",
    "json.h": "json",
    "lock.h": "base",
    "log.h": "base",
    "mounts.h": "base",
    "name.h": "base",
    "op.h": "base",
    "feed.h": "feed",
    "gate.h": "change",
    "resource.h": "resource",
    "restore.h": "restore",
    "revert.h": "document",
    "save.h": "change",
    "secret.h": "base",
    "thread.h": "base",
    "tenant.h": "tenant",
    "locate.h": "tree",
    "open.h": "tree",
    "tree.h": "tree",
    "utf8.h": "base",
    "walk.h": "tree",
    "walker.h": "tenant",
}

# Prefix of a foreign header: the places that may include it.
FOREIGN = {
    "openssl/": {"src/envelope/"},
    "curl/": {"src/http/"},
    "git2": {"src/config/", "src/history/"},
    "gnutls": {"src/sandbox/"},
    "microhttpd": {"src/sandbox/"},
    "sqlite3": {"src/sandbox/"},
    "fuse": {"mountd/"},
    "jansson": {"include/tenantfs/json.h"},
    "ut": {"include/tenantfs/hash.h"},
}
UTHASH = {"uthash.h", "utlist.h", "utarray.h", "utstring.h", "utringbuffer.h", "utstack.h"}

# Allowed mutable variables of static lifetime: (file, name) and the reason.
MUTABLE = {
    ("src/base/log.c", "log_level"): "the one setting of the process",
    ("src/base/op.c", "last"): "the counter that makes operation ids unique",
    ("src/cache/doc.c", "last"): "the counter that makes generations unique",
    ("src/cli/terminal.c", "guards"): "the two standard streams of the process",
}

# Functions that a header declares for tests alone: name and reason.
FOR_TESTS = {
    "cli_path_absolute": "each odd path by itself",
    "resource_hook_of": "the catalogue names no hook that is not there",
    "tfs_mount_find_in": "a table of mounts that is no real one",
    "sandbox_routes_all": "each route is an endpoint of the catalogue",
    "tfs_store_set_calls": "a server that answers from a script",
}

# Folders whose exported names all bear the project's prefix: their concepts have no name of their own.
ONLY_PROJECT = {"base", "json"}


def prefix_of(folder):
    """What an exported name of `folder` begins with, if not with "tfs_"."""
    return "tfs_" if folder in ONLY_PROJECT else f"{folder}_"


def layer_of(path):
    """"base" for "src/base/buf.c"; None for a path without a layer (tests)."""
    parts = path.split("/")
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[0] == "mountd":
        return "mountd"
    if path.startswith("include/tenantfs/"):
        return OWNER.get(parts[-1])
    return None
