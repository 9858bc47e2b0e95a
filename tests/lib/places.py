"""Where things are in the sandbox's tenant, found by looking, not by knowing its names."""
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
    """Documents of a set that have simple names and a text of letters only in `member`."""
    for path in mount.documents(directory):
        name = path.rsplit("/", 1)[1]
        if re.fullmatch(r"[a-z][a-z0-9._-]*\.json", name, re.I) and \
                re.fullmatch(r"[A-Za-z]+", str(mount.json(path).get(member, ""))):
            yield path


def plain_user(mount):
    return next(plain_documents(mount, largest_user_set(mount), "firstname"))
