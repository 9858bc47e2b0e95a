"""One save by any editor is one change on the server; an editor's auxiliary files are never sent."""
import json
import re
import shlex

import pytest

from places import MFA, PROVIDERS, plain_documents, plain_user
from saving import always_sent, without_ids
from terminal import Terminal

SCRATCH = re.compile(r"4913|\.sw[a-z]\b|~|\.tmp|sed[A-Za-z0-9]{6}|#|\.goutputstream|XX[A-Za-z0-9]{6}|\.orig|json\.")


class Edit:
    """Replaces `old` by `new` in one file, as a user or a script does."""

    def __init__(self, surroundings, path, old, new):
        self.surroundings = surroundings
        self.path, self.old, self.new = path, old, new
        self.terminal = None

    def run(self, *words, **rest):
        rest.setdefault("cwd", self.path.parent)
        return self.surroundings.run(*words, check=True, **rest)

    def shell(self, script):
        names = f"F={shlex.quote(self.path.name)} OLD={shlex.quote(self.old)} NEW={shlex.quote(self.new)}"
        return self.run("bash", "-ec", f"{names}; {script}")

    def at_terminal(self, *command):
        self.terminal = Terminal(self.surroundings, *command, cwd=self.path.parent)
        return self.terminal

    def close(self):
        if self.terminal is not None:
            self.terminal.close()

    @property
    def lisp(self):
        """Emacs Lisp that replaces `old` in the current buffer and saves it."""
        return ("(progn (goto-char (point-min)) (search-forward %s) (replace-match %s t t) (save-buffer))"
                % (json.dumps(self.old), json.dumps(self.new)))


def vim_batch(edit, *options):
    edit.run("vim", "-Nu", "NONE", "-es", *options, "-c", f"%s/\\V{edit.old}/{edit.new}/", "-c", "wq", edit.path.name)


def vim(edit):
    vim_batch(edit)


def vim_backup_by_rename(edit):
    vim_batch(edit, "-c", "set backup writebackup backupcopy=no")


def vim_backup_by_copy(edit):
    vim_batch(edit, "-c", "set backup writebackup backupcopy=yes")


def vim_undo_file(edit):
    vim_batch(edit, "-c", "set undofile undodir=. backupcopy=auto fsync")


def vim_at_terminal(edit):
    screen = edit.at_terminal("vim", "-u", "DEFAULTS", edit.path.name)
    screen.wait_for(edit.old)
    screen.type(f":%s/\\V{edit.old}/{edit.new}/")
    screen.keys("Enter")
    screen.wait_for(edit.new)
    screen.type(":wq")
    screen.keys("Enter")
    screen.wait_for_end()


def nano(edit):
    screen = edit.at_terminal("nano", "--ignorercfiles", "--backup", edit.path.name)
    screen.wait_for("Replace")
    screen.keys("C-\\")
    screen.wait_for("Search (to replace)")
    screen.type(edit.old)
    screen.keys("Enter")
    screen.wait_for("Replace with")
    screen.type(edit.new)
    screen.keys("Enter")
    screen.wait_for("Replace this instance?")
    screen.type("a")
    screen.wait_for("Replaced 1 occurrence")
    screen.keys("C-s")
    screen.wait_for("Wrote")
    screen.keys("C-x")
    screen.wait_for_end()


def emacs_batch(edit):
    edit.run("emacs", "-Q", "--batch", edit.path.name, "--eval", edit.lisp)


def emacs_backup_by_copying(edit):
    edit.run("emacs", "-Q", "--batch", "--eval", "(setq backup-by-copying t)", edit.path.name, "--eval", edit.lisp)


def emacs_at_terminal(edit):
    screen = edit.at_terminal("emacs", "-nw", "-Q", edit.path.name)
    screen.wait_for(edit.old)
    screen.keys("M-%")
    screen.wait_for("Query replace")
    screen.type(edit.old)
    screen.keys("Enter")
    screen.wait_for("with:")
    screen.type(edit.new)
    screen.keys("Enter")
    screen.wait_for("Query replacing")
    screen.type("!")
    screen.wait_for(edit.new)
    screen.keys("C-x", "C-s")
    screen.wait_for("Wrote")
    screen.keys("C-x", "C-c")
    screen.wait_for_end()


def ed(edit):
    edit.run("ed", "-s", edit.path.name, stdin=None, input=f",s/{edit.old}/{edit.new}/\nw\nq\n")


def sed_in_place(edit):
    edit.run("sed", "-i", f"s/{edit.old}/{edit.new}/", edit.path.name)


def sed_with_backup(edit):
    edit.run("sed", "-i~", f"s/{edit.old}/{edit.new}/", edit.path.name)


def perl_in_place(edit):
    edit.run("perl", "-pi", "-e", f"s/\\Q{edit.old}\\E/{edit.new}/", edit.path.name)


def perl_with_backup(edit):
    edit.run("perl", "-pi~", "-e", f"s/\\Q{edit.old}\\E/{edit.new}/", edit.path.name)


def jq_and_sponge(edit):
    name, value = json.loads("{" + edit.new.rstrip(",") + "}").popitem()
    edit.shell(f"jq {shlex.quote('.' + name + ' = ' + json.dumps(value))} \"$F\" | sponge \"$F\"")


def copy_over(edit):
    edit.shell('T=$(mktemp); sed "s/$OLD/$NEW/" "$F" > "$T"; cp "$T" "$F"; rm "$T"')


def move_over(edit):
    edit.shell('sed "s/$OLD/$NEW/" "$F" > "$F.tmp"; mv "$F.tmp" "$F"')


def tee(edit):
    edit.shell('TEXT=$(sed "s/$OLD/$NEW/" "$F"); printf "%s\\n" "$TEXT" | tee "$F" > /dev/null')


def redirection(edit):
    edit.shell('TEXT=$(sed "s/$OLD/$NEW/" "$F"); printf "%s\\n" "$TEXT" > "$F"')


def dd(edit):
    edit.shell('TEXT=$(sed "s/$OLD/$NEW/" "$F"); printf "%s\\n" "$TEXT" | dd of="$F" bs=7 status=none')


def patch(edit):
    edit.shell('T=$(mktemp); sed "s/$OLD/$NEW/" "$F" > "$T"; diff -u "$F" "$T" > "$T.diff" || true; '
               'patch -s --no-backup-if-mismatch "$F" "$T.diff"; rm "$T" "$T.diff"')


def python_open(edit):
    text = edit.path.read_text()
    with open(edit.path, "w", encoding="utf-8") as file:
        file.write(text.replace(edit.old, edit.new))


def python_update(edit):
    with open(edit.path, "r+", encoding="utf-8") as file:
        text = file.read().replace(edit.old, edit.new)
        file.seek(0)
        file.write(text)
        file.truncate()


def python_replace(edit):
    new = edit.path.with_name(f".{edit.path.name}.new")
    new.write_text(edit.path.read_text().replace(edit.old, edit.new))
    new.replace(edit.path)


def gnome_style(edit):
    new = edit.path.with_name(".goutputstream-A1B2C3")
    new.write_text(edit.path.read_text().replace(edit.old, edit.new))
    new.replace(edit.path)


EDITORS = [vim, vim_backup_by_rename, vim_backup_by_copy, vim_undo_file, vim_at_terminal, nano, emacs_batch,
           emacs_backup_by_copying, emacs_at_terminal, ed, sed_in_place, sed_with_backup, perl_in_place,
           perl_with_backup, jq_and_sponge, copy_over, move_over, tee, redirection, dd, patch, python_open,
           python_update, python_replace, gnome_style]
NEEDS = {"vim": "vim", "nano": "nano", "emacs": "emacs", "ed": "ed", "perl": "perl", "jq": "jq", "patch": "patch"}


class Case:
    """A document, the line to change, and the one write expected for it."""

    def __init__(self, mount, tenantfs):
        self.mount = mount
        self.ids = json.loads(tenantfs("call", "POST", "/community_auth_info/fetch", check=True).stdout)

    @property
    def tenant(self):
        return {"tenantId": self.ids["tenant"]["id"], "communityId": self.ids["community"]["id"]}


def setting(case):
    document = case.mount.json(MFA)
    number = document["otpMaxAttempts"]
    assert number != 7
    body = {name: value for name, value in document.items() if name != "_server"}
    return MFA, f'"otpMaxAttempts": {number}', '"otpMaxAttempts": 7', \
        "PUT /config/authentication/mfa_settings", {**case.tenant, **body, "otpMaxAttempts": 7}


def user(case):
    path = plain_user(case.mount)
    document = case.mount.json(path)
    module = path.split("/")[-2]
    module_id = case.mount.json(f"communities/default/auth-modules/{module}.json")["_server"]["_id"]
    body = {**case.tenant, "moduleId": module_id, "username": document["username"],
            "uid": document["_server"]["uid"], "firstname": "Renamed"}
    return path, f'"firstname": "{document["firstname"]}"', '"firstname": "Renamed"', \
        "PATCH /users/user/update", body


def provider(case):
    path = next(path for path in plain_documents(case.mount, PROVIDERS, "environment")
                if '"secret:' not in case.mount.text(path))
    document = case.mount.json(path)
    return path, f'"environment": "{document["environment"]}"', '"environment": "elsewhere"', \
        f"PATCH /serviceprovider/{{id}} {document['_server']['_id']}", \
        {**always_sent(document), "environment": "elsewhere"}


@pytest.mark.parametrize("find", [setting, user, provider], ids=lambda find: find.__name__)
@pytest.mark.parametrize("editor", EDITORS, ids=lambda editor: editor.__name__)
def test_save_by_editor_sends_one_change(mount, sandbox, tenantfs, surroundings, program, editor, find):
    for start, name in NEEDS.items():
        if editor.__name__.startswith(start):
            program(name)
    path, old, new, call, body = find(Case(mount, tenantfs))
    before = mount.json(path)
    assert mount.text(path).count(old) == 1 and old != new
    start = sandbox.mark()

    edit = Edit(surroundings, mount / path, old, new)
    try:
        editor(edit)
    finally:
        edit.close()

    name, *object_id = call.rsplit(" ", 1) if "{" in call else (call,)
    [write] = sandbox.writes(start)
    assert write.name == name
    assert without_ids(write.body) == body
    assert write["status"] == 200
    if object_id:
        assert write.path.endswith("/" + object_id[0])
    for request in sandbox.requests(start):
        if request.reads:
            assert not SCRATCH.search(request["path"] + json.dumps(request.body)), request
    member = json.loads("{" + new + "}")
    after = mount.json(path)
    assert {**after, "_server": 0} == {**before, **member, "_server": 0}
    assert mount.drafts() == []
    assert mount.errors() == []
    # Saving the text the server already has sends nothing.
    start = sandbox.mark()
    python_open(Edit(surroundings, mount / path, new, new))
    assert sandbox.writes(start) == []
