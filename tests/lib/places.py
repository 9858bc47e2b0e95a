"""Paths in the sandbox's tenant, found by searching rather than by known names."""
import json
import re

MFA = "communities/default/settings/mfa.json"
SETTINGS = "communities/default/settings"
USERS = "communities/default/users"
PROVIDERS = "communities/default/service-providers"
MODULES = "communities/default/auth-modules"


def user_sets(mount):
    return [f"{USERS}/{name}" for name in mount.names(USERS)]


def largest_user_set(mount):
    return max(user_sets(mount), key=lambda path: len(mount.names(path)))


def plain_documents(mount, directory, member):
    """Documents of a set with simple names and a text of letters only in `member`."""
    for path in mount.documents(directory):
        name = path.rsplit("/", 1)[1]
        if re.fullmatch(r"[a-z][a-z0-9._-]*\.json", name, re.I) and \
                re.fullmatch(r"[A-Za-z]+", str(mount.json(path).get(member, ""))):
            yield path


def new_provider(mount, name, **members):
    """Text of a valid service provider: an existing one with another name."""
    path = next(path for path in plain_documents(mount, PROVIDERS, "environment")
                if '"secret:' not in mount.text(path))
    document = {**mount.json(path), "name": name, **members}
    document.pop("_server")
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def plain_user(mount):
    return next(plain_documents(mount, largest_user_set(mount), "firstname"))
