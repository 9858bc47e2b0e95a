"""What programs may expect of files, and the few differences between a tenant and a disk (docs/deviations.md)."""
import errno
import json
import os
import re
import stat
import time

import pytest

from files import create, overwrite, read_bytes, refusal
from places import MFA, PROVIDERS, SETTINGS, USERS, largest_user_set, new_provider, plain_user
from saving import always_sent, without_ids


NAMES = {
    "space": "Two words",
    "slash": "a/b",
    "quotes": "it's \"quoted\"",
    "percent": "100% sure",
    "looks-escaped": "a%2Fb",
    "leading-dot": ".dotted",
    "newline": "two\nlines",
    "tab-and-bell": "a\tb\x07",
    "non-latin": "Zürich 東京 🜚",
    "combining": "e\u0301 and \u00e9",
    "backslash": "a\\b",
    "tilde-end": "draft~",
    "shell": "$(rm) `x` *?[a]",
    "dash": "-rf",
    "long": "n" * 300,
    "long-multibyte": "ü" * 200,
    "json-in-name": "x.json",
    "scratch-like": "4913",
}


def expected_file(name):
    """The escape rules, implemented a second time and differently from the program."""
    out = bytearray()
    for position, byte in enumerate(name.encode()):
        plain = byte >= 32 and byte not in b"/%\x7f" and not (position == 0 and byte == 0x2E)
        out += bytes([byte]) if plain else b"%%%02X" % byte
    # A tilde is escaped where the name would look like a shortened one.
    return re.sub(r"~(?=[0-9a-f]{16}$)", "%7E", out.decode())


@pytest.mark.parametrize("case", NAMES)
def test_object_name_survives_a_change_through_its_file(mount, sandbox, tenantfs, case):
    """An object made by another client appears under its escaped name; a change through the file keeps its name."""
    name = NAMES[case]
    mount.names(PROVIDERS)
    before = set(os.listdir(mount / PROVIDERS))
    body = sandbox.data / "new.json"
    body.write_text(new_provider(mount, name))
    tenantfs("call", "PUT", "/serviceprovider", "--body", body, check=True)
    tenantfs("refresh", check=True)
    [new] = set(os.listdir(mount / PROVIDERS)) - before
    if len(expected_file(name).encode()) + len(".json") <= 250:
        assert new == expected_file(name) + ".json"
    else:
        assert len(new.encode()) <= 255 and "~" in new and new.endswith(".json")
    path = f"{PROVIDERS}/{new}"
    document = mount.json(path)
    assert document["name"] == name
    document["environment"] = "changed"
    start = sandbox.mark()
    overwrite(mount / path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    [write] = sandbox.writes(start)
    assert write.name == "PATCH /serviceprovider/{id}"
    assert without_ids(write.body) == {**always_sent(document), "environment": "changed"}
    assert mount.json(path)["name"] == name
    start = sandbox.mark()
    os.unlink(mount / path)
    assert [write.name for write in sandbox.writes(start)] == ["DELETE /serviceprovider/{id}"]
    assert set(os.listdir(mount / PROVIDERS)) == before


@pytest.mark.parametrize("case", [case for case in NAMES if case not in ("long", "long-multibyte", "scratch-like",
                                                                       "tilde-end")])
def test_create_sends_the_unescaped_name(mount, sandbox, case):
    name = NAMES[case]
    path = mount / PROVIDERS / (expected_file(name) + ".json")
    mount.names(PROVIDERS)
    start = sandbox.mark()
    create(path, new_provider(mount, name))
    [write] = sandbox.writes(start)
    assert write["method"] == "PUT" and write.body["name"] == name
    assert path.name in os.listdir(mount / PROVIDERS)
    assert json.loads(read_bytes(path))["name"] == name


def test_files_have_the_escaped_names_of_users(mount):
    """Awkward user names of the sandbox: each file has the escaped name of its document."""
    directory = largest_user_set(mount)
    odd = 0
    for path in mount.documents(directory):
        name = mount.json(path)["username"]
        file = path.rsplit("/", 1)[1].removesuffix(".json")
        if len(expected_file(name).encode()) + len(".json") <= 250:
            assert file == expected_file(name)
        odd += file != name
    assert odd >= 1


def test_namesakes_are_separate_files(mount, sandbox, tenantfs):
    mount.names(PROVIDERS)
    body = sandbox.data / "new.json"
    body.write_text(new_provider(mount, "Twin"))
    for _ in range(2):
        tenantfs("call", "PUT", "/serviceprovider", "--body", body, check=True)
    tenantfs("refresh", check=True)
    twins = [name for name in mount.names(PROVIDERS) if name.startswith("Twin")]
    assert len(twins) == 2 and "Twin.json" not in twins
    ids = {}
    for name in twins:
        document = mount.json(f"{PROVIDERS}/{name}")
        assert document["name"] == "Twin"
        ids[name] = document["_server"]["_id"]
        assert name == f"Twin~{ids[name][-6:]}.json"
    changed, other = twins
    text = mount.text(f"{PROVIDERS}/{other}")
    document = mount.json(f"{PROVIDERS}/{changed}")
    document["environment"] = "changed"
    start = sandbox.mark()
    overwrite(mount / PROVIDERS / changed, json.dumps(document, indent=2) + "\n")
    [write] = sandbox.writes(start)
    assert write.path == f"/serviceprovider/{ids[changed]}"
    assert mount.text(f"{PROVIDERS}/{other}") == text
    os.unlink(mount / PROVIDERS / changed)
    assert sandbox.writes()[-1].path == f"/serviceprovider/{ids[changed]}"


def test_modes_and_owners_of_files(mount):
    document, view, folder = os.stat(mount / MFA), os.stat(mount / "tenant.json"), os.stat(mount / SETTINGS)
    assert stat.S_ISREG(document.st_mode) and stat.S_IMODE(document.st_mode) & 0o200
    assert stat.S_ISREG(view.st_mode) and not stat.S_IMODE(view.st_mode) & 0o222
    assert stat.S_ISDIR(folder.st_mode)
    assert (document.st_uid, document.st_gid) == (os.getuid(), os.getgid())
    assert not stat.S_IMODE(document.st_mode) & 0o077


def test_chmod_and_chown_change_nothing(mount, sandbox):
    status = os.stat(mount / MFA)
    assert refusal(os.chmod, mount / MFA, stat.S_IMODE(status.st_mode)) == ""
    assert refusal(os.chmod, mount / MFA, 0o777) == ""
    for mode in (0o400, 0o200, 0, 0o4600, 0o1600):
        assert refusal(os.chmod, mount / MFA, mode) == "EPERM"
    assert refusal(os.chmod, mount / "tenant.json", 0o600) == "EPERM"
    assert refusal(os.chown, mount / MFA, status.st_uid, status.st_gid) == ""
    assert refusal(os.chown, mount / MFA, -1, -1) == ""
    assert refusal(os.chown, mount / MFA, 12345, -1) == "EPERM"
    assert stat.S_IMODE(os.stat(mount / MFA).st_mode) == stat.S_IMODE(status.st_mode)
    assert sandbox.writes() == []


@pytest.mark.parametrize("command", ["cp -p {new} {doc}", "mv {new} {doc}", "install -m 644 {new} {doc}",
                                     "install {new} {doc}", "cp --preserve=all {new} {doc}",
                                     "tar -C {folder} -cf - mfa.json | tar -C {dir} -xpf -"])
def test_program_may_set_the_mode_of_what_it_writes(mount, sandbox, surroundings, command):
    """The mode is the mount's; the program reports no error, and the text is one change."""
    mode = os.stat(mount / MFA).st_mode
    new = surroundings.folder / "tmp" / "mfa.json"
    new.write_text(mount.text(MFA).replace("true", "false", 1))
    new.chmod(0o644)
    start = sandbox.mark()
    line = command.format(new=new, doc=mount / MFA, folder=new.parent, dir=(mount / MFA).parent)
    done = surroundings.run("sh", "-c", line, check=True)
    assert done.stderr == ""
    assert len(sandbox.writes(start)) == 1
    assert os.stat(mount / MFA).st_mode == mode


def test_special_bits_are_refused_while_a_document_is_open(mount):
    with open(mount / MFA, "r+") as file:
        assert refusal(os.fchmod, file.fileno(), 0o640) == ""
        assert refusal(os.fchmod, file.fileno(), 0o4755) == "EPERM"


def test_times_are_kept_until_the_bytes_change(mount, sandbox):
    when = 1_700_000_000_123_456_789
    assert refusal(os.utime, mount / MFA, ns=(when, when)) == ""
    assert os.stat(mount / MFA).st_mtime_ns == when
    mount.text(MFA)
    assert os.stat(mount / MFA).st_mtime_ns == when
    document = mount.json(MFA)
    document["otpMaxAttempts"] = 7
    overwrite(mount / MFA, json.dumps(document, indent=2) + "\n")
    assert os.stat(mount / MFA).st_mtime_ns != when
    assert len(sandbox.writes()) == 1


LINKS = {
    "symlink": lambda mount: os.symlink("mfa.json", mount / SETTINGS / "link.json"),
    "link": lambda mount: os.link(mount / MFA, mount / SETTINGS / "link.json"),
    "fifo": lambda mount: os.mkfifo(mount / SETTINGS / "fifo.json"),
    "device": lambda mount: os.mknod(mount / SETTINGS / "device.json", stat.S_IFCHR | 0o600, os.makedev(1, 3)),
    "mkdir-in-settings": lambda mount: os.mkdir(mount / SETTINGS / "more"),
    "mkdir-in-root": lambda mount: os.mkdir(mount / "more"),
    "mkdir-community": lambda mount: os.mkdir(mount / "communities" / "more"),
    "rmdir": lambda mount: os.rmdir(mount / SETTINGS),
    "file-in-communities": lambda mount: create(mount / "communities/more.json", "{}\n"),
    "rename-directory": lambda mount: os.rename(mount / SETTINGS, mount / "communities/default/other"),
}


@pytest.mark.parametrize("case", LINKS)
def test_links_devices_and_directories_are_refused(mount, sandbox, case):
    expected = {"rmdir": ("EPERM", "ENOTEMPTY", "EROFS")}.get(case, ("EPERM", "EROFS"))
    if case in ("symlink", "link", "fifo", "device"):
        expected = ("EPERM",)
    assert refusal(LINKS[case], mount) in expected
    assert sandbox.writes() == []


def test_rename_within_a_set_is_one_change(mount, sandbox):
    create(mount / PROVIDERS / "Before.json", new_provider(mount, "Before"))
    before = mount.json(f"{PROVIDERS}/Before.json")
    object_id = before["_server"]["_id"]
    start = sandbox.mark()
    os.rename(mount / PROVIDERS / "Before.json", mount / PROVIDERS / "After.json")
    [write] = sandbox.writes(start)
    assert (write.name, write.path) == ("PATCH /serviceprovider/{id}", f"/serviceprovider/{object_id}")
    assert without_ids(write.body) == {**always_sent(before), "name": "After"}
    # The table has the ids of attributes (API document, line 7651): they go back.
    assert all(attribute["_id"] for attribute in write.body["saml_config"]["attributes"])
    assert "Before.json" not in mount.names(PROVIDERS)
    after = mount.json(f"{PROVIDERS}/After.json")
    assert (after["name"], after["_server"]["_id"]) == ("After", object_id)


def test_rename_out_of_a_set_is_refused(mount, sandbox):
    source = mount.documents(PROVIDERS)[0]
    for target in (f"{SETTINGS}/x.json", "x.json", f"{USERS}/{mount.names(USERS)[0]}/x.json", ".tenantfs/x.json"):
        assert refusal(os.rename, mount / source, mount / target) in ("EPERM", "EXDEV", "EROFS"), target
    user = plain_user(mount)
    assert refusal(os.rename, mount / user, mount / user.replace(".json", "2.json")) == "EPERM"
    assert sandbox.writes() == []


def test_rename_to_a_backup_and_back_sends_nothing(mount, sandbox):
    """A rename to a backup name and back, as an editor does when it gives up."""
    text = mount.text(MFA)
    os.rename(mount / MFA, str(mount / MFA) + "~")
    os.rename(str(mount / MFA) + "~", mount / MFA)
    assert mount.text(MFA) == text
    assert sandbox.writes() == []


def test_append_is_saved_or_refused_as_a_whole(mount, sandbox):
    text = mount.text(MFA)
    with open(mount / MFA, "a") as file:
        file.write("\n")
    assert sandbox.writes() == []
    assert mount.text(MFA) == text
    with pytest.raises(OSError) as caught, open(mount / MFA, "a") as file:
        file.write("more")
    assert caught.value.errno == errno.EINVAL
    assert mount.draft(MFA) == text + "more"
    assert sandbox.writes() == []


def test_truncated_document_is_not_sent(mount, sandbox):
    text = mount.text(MFA)
    size = len(text.encode())
    assert refusal(os.truncate, mount / MFA, size) == ""
    descriptor = os.open(mount / MFA, os.O_WRONLY)
    os.ftruncate(descriptor, 10)
    assert refusal(os.close, descriptor) == "EINVAL"
    assert mount.text(MFA) == text
    assert sandbox.writes() == []
    # An emptied file sends nothing: whoever empties a file is about to write it.
    descriptor = os.open(mount / MFA, os.O_WRONLY | os.O_TRUNC)
    assert refusal(os.close, descriptor) == ""
    assert mount.text(MFA) == text
    assert sandbox.writes() == []


def test_truncate_by_path_and_write_is_one_save(mount, sandbox):
    """`truncate -s 0 f; cat new > f` is one save."""
    new = mount.text(MFA).replace('"otpMaxAttempts": ', '"otpMaxAttempts": 1')
    os.truncate(mount / MFA, 0)
    descriptor = os.open(mount / MFA, os.O_WRONLY)
    os.write(descriptor, new.encode())
    os.close(descriptor)
    assert len(sandbox.writes()) == 1
    assert mount.json(MFA)["otpMaxAttempts"] == json.loads(new)["otpMaxAttempts"]


def test_half_a_document_is_never_sent(mount, sandbox):
    text = mount.text(MFA)
    descriptor = os.open(mount / MFA, os.O_WRONLY | os.O_TRUNC)
    os.write(descriptor, text[:40].encode())
    duplicate = os.dup(descriptor)
    assert refusal(os.close, duplicate) == "EINVAL"
    os.write(descriptor, text[40:].replace('"otpMaxAttempts": ', '"otpMaxAttempts": 1').encode())
    assert refusal(os.fsync, descriptor) == ""
    assert len(sandbox.writes()) == 1
    assert refusal(os.close, descriptor) == ""
    assert len(sandbox.writes()) == 1
    assert mount.drafts() == []


def test_fsync_reports_the_refusal(mount, sandbox):
    descriptor = os.open(mount / MFA, os.O_WRONLY | os.O_TRUNC)
    os.write(descriptor, b'{"show_otp_email": 1}\n')
    assert refusal(os.fsync, descriptor) == "EINVAL"
    assert refusal(os.close, descriptor) == "EINVAL"
    assert sandbox.writes() == []
    assert len(mount.drafts()) == 2


def test_second_of_two_writers_gets_estale(mount, sandbox):
    """Each descriptor has its own edit; the second to close is merged or refused."""
    text = mount.text(MFA)
    number = mount.json(MFA)["otpMaxAttempts"]
    first, second = (os.open(mount / MFA, os.O_WRONLY | os.O_TRUNC) for _ in range(2))
    os.write(first, text.replace(f'"otpMaxAttempts": {number}', '"otpMaxAttempts": 71').encode())
    os.write(second, text.replace(f'"otpMaxAttempts": {number}', '"otpMaxAttempts": 72').encode())
    assert refusal(os.close, first) == ""
    assert refusal(os.close, second) == "ESTALE"
    assert mount.json(MFA)["otpMaxAttempts"] == 71
    assert '"otpMaxAttempts": 72' in mount.draft(MFA)
    assert len(sandbox.writes()) == 1


def test_reader_keeps_the_version_it_opened(mount, sandbox):
    path = plain_user(mount)
    old = read_bytes(mount / path)
    reader = os.open(mount / path, os.O_RDONLY)
    start = os.read(reader, 10)
    document = json.loads(old)
    document["firstname"] = "Somebody whose name is a good deal longer"
    overwrite(mount / path, json.dumps(document, indent=2) + "\n")
    rest = b""
    while part := os.read(reader, 50):
        rest += part
    os.close(reader)
    assert start + rest == old
    assert json.loads(read_bytes(mount / path))["firstname"] == document["firstname"]


def test_writer_reads_its_own_edit(mount):
    """A descriptor reads its own edit, other readers the server's state."""
    text = mount.text(MFA)
    new = text.replace('"otpMaxAttempts": ', '"otpMaxAttempts": 2')
    descriptor = os.open(mount / MFA, os.O_RDWR | os.O_TRUNC)
    os.write(descriptor, new.encode())
    assert os.pread(descriptor, 1 << 16, 0).decode() == new
    os.close(descriptor)


def test_new_object_is_sent_when_closed(mount, sandbox):
    mount.names(PROVIDERS)
    text = new_provider(mount, "Fresh")
    start = sandbox.mark()
    descriptor = os.open(mount / PROVIDERS / "Fresh.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, text.encode())
    assert sandbox.writes(start) == []
    os.close(descriptor)
    assert len(sandbox.writes(start)) == 1
    assert mount.json(f"{PROVIDERS}/Fresh.json")["name"] == "Fresh"
    assert refusal(create, mount / PROVIDERS / "Fresh.json", text) == "EEXIST"


def test_scratch_files_are_local(mount, sandbox):
    start = sandbox.mark()
    names = [".x.swp", "4913", "a~", "x.tmp", "#x#", ".goutputstream-ABCDEF", "sedAbCdEf", ".mfa.json.AbCdEf"]
    for name in names:
        create(mount / SETTINGS / name, "anything at all")
        assert mount.text(f"{SETTINGS}/{name}") == "anything at all"
        os.chmod(mount / SETTINGS / name, 0o600)
        os.unlink(mount / SETTINGS / name)
        assert refusal(os.stat, mount / SETTINGS / name) == "ENOENT"
    assert sandbox.requests(start) == []


def test_rename_of_a_scratch_file_onto_a_document_is_a_save(mount, sandbox):
    new = mount.text(MFA).replace('"otpMaxAttempts": ', '"otpMaxAttempts": 3')
    start = sandbox.mark()
    create(mount / SETTINGS / "x.tmp", new)
    os.rename(mount / SETTINGS / "x.tmp", mount / MFA)
    assert len(sandbox.writes(start)) == 1
    assert "x.tmp" not in os.listdir(mount / SETTINGS)


def test_refused_rename_keeps_the_scratch_file(mount, sandbox):
    mount.text(MFA)
    create(mount / SETTINGS / "x.tmp", "{")
    assert refusal(os.rename, mount / SETTINGS / "x.tmp", mount / MFA) == "EINVAL"
    assert mount.text(f"{SETTINGS}/x.tmp") == "{"
    assert mount.json(MFA)
    assert sandbox.writes() == []


def test_extended_attributes(mount):
    for name in ("endpoint", "age", "state", "revision"):
        assert os.getxattr(mount / MFA, f"user.tenantfs.{name}")
    assert b"mfa_settings" in os.getxattr(mount / MFA, "user.tenantfs.endpoint")
    assert refusal(os.getxattr, mount / MFA, "user.other") == "ENODATA"
    assert refusal(os.setxattr, mount / MFA, "user.tenantfs.id", b"x") in ("EPERM", "ENOTSUP", "EROFS")
    assert os.getxattr(mount / plain_user(mount), "user.tenantfs.id")
    assert os.listxattr(mount / MFA) == []


def test_copies_with_extended_attributes_succeed(mount, surroundings, tmp_path, sandbox):
    """Attributes are read by name and not listed, so no program tries to copy them."""
    copy = tmp_path / "copy"
    for words in (["cp", "--preserve=all"], ["cp", "--preserve=mode,timestamps,xattr"], ["rsync", "-aX"]):
        surroundings.run(*words, mount / MFA, copy, check=True)
        assert copy.read_text() == mount.text(MFA)
        surroundings.run(*words, copy, mount / MFA, check=True)
    assert sandbox.writes() == []


def test_schema_and_template_are_reachable_unlisted(mount, sandbox):
    for directory in (PROVIDERS, largest_user_set(mount), "communities/default/auth-modules"):
        assert json.loads((mount / directory / ".schema.json").read_text())["type"] == "object"
        assert isinstance(json.loads((mount / directory / ".template.json").read_text()), dict)
        assert not [name for name in os.listdir(mount / directory) if name in (".schema.json", ".template.json")]
    assert sandbox.writes() == []


def test_copy_of_the_template_creates_an_object(mount, sandbox, surroundings):
    """The template is complete: its copy is an object named after the file, created by one call."""
    mount.names(PROVIDERS)
    start = sandbox.mark()
    surroundings.run("cp", ".template.json", "New one.json", cwd=mount / PROVIDERS, check=True)
    [write] = sandbox.writes(start)
    assert write["method"] == "PUT" and write.body["name"] == "New one"
    path = f"{PROVIDERS}/New one.json"
    template = json.loads((mount / PROVIDERS / ".template.json").read_text())
    document = mount.json(path)
    assert document["name"] == "New one"
    assert {name: document[name] for name in template if name != "saml_config"} == \
        {name: value for name, value in template.items() if name != "saml_config"}
    assert mount.drafts() == []


def test_unlink_removes_the_object(mount, sandbox):
    create(mount / PROVIDERS / "Gone.json", new_provider(mount, "Gone"))
    object_id = mount.json(f"{PROVIDERS}/Gone.json")["_server"]["_id"]
    start = sandbox.mark()
    os.unlink(mount / PROVIDERS / "Gone.json")
    assert [write.path for write in sandbox.writes(start)] == [f"/serviceprovider/{object_id}"]
    assert "Gone.json" not in mount.names(PROVIDERS)
    assert refusal(os.stat, mount / PROVIDERS / "Gone.json") == "ENOENT"
    assert refusal(os.unlink, mount / PROVIDERS / "Gone.json") == "ENOENT"


def test_control_files_are_read_only(mount):
    assert sorted(mount.names(".tenantfs")) >= ["config.json", "drafts", "errors.json"]
    status = mount.json(".tenantfs/status.json")
    assert status["tenant"] == "sandbox"
    config = mount.text(".tenantfs/config.json")
    assert "client.key" in config
    assert ".tenantfs" in os.listdir(mount.path)
    for name in (".tenantfs/status.json", ".tenantfs/config.json"):
        assert refusal(overwrite, mount / name, "{}") in ("EROFS", "EPERM", "EACCES")


def test_path_written_to_refresh_is_fetched_again(mount, sandbox):
    mount.text(MFA)
    start = sandbox.mark()
    mount.text(MFA)
    assert sandbox.requests(start) == []
    (mount / ".tenantfs/refresh").write_text("communities/default/settings\n")
    mount.text(MFA)
    assert sandbox.names(start) == ["GET /config/authentication/mfa_settings"]


def test_files_show_no_secret(mount, sandbox, surroundings):
    """No file shows a secret of the tenant; no file and no log shows one of the mount's own."""
    secrets = [(sandbox.data / name).read_text().strip() for name in ("client.key", "license", "token")]
    secrets += [line for line in (sandbox.data / "credentials").read_text().split() if len(line) > 8]
    for folder, _, files in os.walk(mount.path):
        for name in files:
            text = read_bytes(os.path.join(folder, name)).decode("utf-8", "replace")
            for secret in secrets:
                assert secret not in text, os.path.join(folder, name)
    for secret in secrets:
        assert secret not in mount.messages()
        assert secret not in sandbox.log.read_text()


def test_idle_mount_makes_no_calls(mount, sandbox):
    """A mount nobody uses makes no calls."""
    mount.text(MFA)
    start = sandbox.mark()
    time.sleep(3)
    assert sandbox.requests(start) == []
