#!/usr/bin/python3
"""The generator refuses a broken catalogue: each case breaks one thing and has a part of the expected message."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile


def endpoint(group, call):
    return next(e for e in group["endpoints"] if f"{e['method']} {e['path']}" == call)


def kind(group, name):
    return next(k for k in group["kinds"] if k["name"] == name)


def field(fields, name):
    return next(f for f in fields if f["name"] == name)


def drop_reads(group):
    del group["endpoints"][0]["reads"]


def once_only_read(group):
    endpoint(group, "POST /users/fetch")["repeatable"] = False


def add_member(group):
    group["surprise"] = 1


def rename_group(group):
    group["group"] = "Other"


def unsort(group):
    group["endpoints"].reverse()


def foreign_lines(group):
    group["endpoints"][0]["lines"] = group["endpoints"][1]["lines"]


def unknown_call(group):
    kind(group, "user")["list"]["call"] = "POST /users/none"


def unknown_placeholder(group):
    kind(group, "user")["list"]["args"]["body"]["moduleId"] = "$nothing"


def foreign_scope(group):
    kind(group, "user")["list"]["args"]["body"]["moduleId"] = "$scope.role.id"


def unknown_argument(group):
    kind(group, "user")["list"]["args"]["body"]["modul"] = "x"


def missing_argument(group):
    del kind(group, "user")["list"]["args"]["body"]["moduleId"]


def unknown_step_member(group):
    kind(group, "user")["change"][0]["members"].append("shoe")


def unknown_old_member(group):
    kind(group, "user")["change"][1]["args"]["body"]["oldRole"] = "$old.shoe"


def unknown_reference(group):
    kind(group, "user")["fields"][0]["reference"] = "shoe"


def unknown_path_kind(group):
    kind(group, "user")["path"] = "communities/{community}/users/{shoe}/{name}.json"


def twin_kind(group):
    kind(group, "user-detail")["name"] = "user-device"


def two_answers(group):
    kind(group, "user")["no_create"] = "It can be created, though."


def pointer_astray(group):
    kind(group, "user")["list"]["answer"] = "/date"


def twin_member(group):
    body = endpoint(group, "POST /users/user/lock")["body"]
    body.append(dict(body[0]))


def array_without_item(group):
    del field(endpoint(group, "POST /users/fetch")["body"], "attributes")["item"]


def values_of_number(group):
    field(endpoint(group, "POST /users/user/lock")["body"], "lock_duration")["values"] = ["1"]


def bad_sample(group):
    field(endpoint(group, "POST /users/user/lock")["body"], "username")["sample"] = 1


def foreign_value(group):
    field(endpoint(group, "PATCH /users/user/update")["body"], "status")["sample"] = "asleep"


def unsealable(group):
    endpoint(group, "GET /users/user/ip")["request_sealed"] = True


def bad_path_params(group):
    del endpoint(group, "DELETE /users/accesscode/{code}")["path_params"]


def like_nothing(group):
    field(kind(group, "user")["fields"], "mobiles")["like"] = "POST /users/none"


def braces_inside(group):
    kind(group, "user")["path"] = "communities/{community}/users/m-{auth-module}/{name}.json"


def impossible_condition(group):
    kind(group, "user")["change"][-1]["when"] = {"status": "asleep"}


def unmarked(group):
    del field(kind(group, "branding")["fields"], "qr_code_logo")["write_only"]


def marked(group):
    field(kind(group, "branding")["fields"], "heading_label")["write_only"] = True


def no_direction(group):
    del field(kind(group, "user")["fields"], "disabled")["weakens"]


def wrong_direction(group):
    field(kind(group, "user")["fields"], "disabled")["weakens"] = "more"


CASES = (
    (no_direction, "kind user.disabled: needs `weakens`"),
    (wrong_direction, '`weakens` "more" does not fit the type boolean'),
    (braces_inside, "an object in braces begins a segment"),
    (impossible_condition, "status is never asleep"),
    (drop_reads, "'reads' is a required property"),
    (once_only_read, "a call that changes nothing is repeatable"),
    (add_member, "'surprise' was unexpected"),
    (rename_group, "'Other' belongs in other.json"),
    (unsort, "endpoints are not sorted by path, then method"),
    (foreign_lines, "`lines` go back, or belong to another call"),
    (unknown_call, "kind user: list: POST /users/none: no such endpoint"),
    (unknown_placeholder, "unknown placeholder $nothing"),
    (foreign_scope, "$scope.role.id: the path runs through no such object"),
    (unknown_argument, "body has no member 'modul'"),
    (missing_argument, "nothing gives the required body member 'moduleId'"),
    (unknown_step_member, "the document has no member 'shoe'"),
    (unknown_old_member, "$old.shoe: the document has no such member"),
    (unknown_reference, "`reference` names no kind"),
    (unknown_path_kind, "the path names the unknown kind 'shoe'"),
    (twin_kind, "kind 'user-device' occurs twice"),
    (two_answers, "needs create or no_create"),
    (pointer_astray, "the answer's example has no records there"),
    (twin_member, "member 'username' occurs twice"),
    (array_without_item, "`item` is for arrays"),
    (values_of_number, "`values` needs the type string"),
    (bad_sample, "the example is not of type string"),
    (foreign_value, "the example has 'asleep'"),
    (unsealable, "nothing to seal, or no key for it"),
    (bad_path_params, "path parameters differ from the path"),
    (like_nothing, "like POST /users/none: no such endpoint"),
    (unmarked, "kind branding.qr_code_logo: `write_only` is for what the answer's example does not show"),
    (marked, "kind branding.heading_label: `write_only` is for what the answer's example does not show"),
)
# Files of the cases that break another one than users.json.
FILES = {"unmarked": "branding.json", "marked": "branding.json"}


def run_check(generator, groups):
    return subprocess.run([sys.executable, "-B", generator, "check", groups], capture_output=True, text=True,
                          check=False, timeout=60)


def refusal(generator, groups, file, text):
    """The generator's result for the groups with `text` as one file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "groups"
        shutil.copytree(groups, copy)
        (copy / file).write_text(text)
        return run_check(generator, copy)


def main(generator, groups):
    groups = pathlib.Path(groups)
    failures = 0 if run_check(generator, groups).returncode == 0 else 1
    texts = [("not JSON", "{", "users.json: "), ("twin member", '{"group": 1, "group": 2}', "occurs twice")]
    for change, message in CASES:
        group = json.loads((groups / FILES.get(change.__name__, "users.json")).read_text())
        change(group)
        texts.append((change.__name__, json.dumps(group), message))
    for name, text, message in texts:
        result = refusal(generator, groups, FILES.get(name, "users.json"), text)
        if result.returncode != 1 or message not in result.stderr:
            print(f"{name}: exit {result.returncode}, {result.stderr!r} lacks {message!r}")
            failures += 1
    print(f"{len(texts)} broken catalogues, {failures} not refused as they should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
