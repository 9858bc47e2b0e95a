"""TLS: which servers the client talks to, and what it leaves behind."""
import base64
import contextlib
import hashlib
import socket
import ssl
import subprocess
import threading

import pytest

from conftest import add_settings
from sandbox import Sandbox

DONE, UNREACHABLE = 0, 3
MFA = "/config/authentication/mfa_settings"


def pin_of(box):
    """The digest of the server's key, as `tls-pin` takes it."""
    address = tuple(box.listen.rsplit(":", 1))
    certificate = ssl.get_server_certificate((address[0], int(address[1])))
    key = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=certificate.encode(), capture_output=True,
                         check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, capture_output=True,
                         check=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def test_call_over_tls_takes_only_a_pinned_key(surroundings):
    box = Sandbox(surroundings, surroundings.folder / "box", ["--tls"]).start()
    plain = box.conf.read_text()
    other = "sha256//" + base64.b64encode(bytes(32)).decode()
    try:
        for pins, status in ((pin_of(box), DONE), (f"{other};{pin_of(box)}", DONE), (other, UNREACHABLE)):
            box.conf.write_text(f"{plain}\ttls-pin = \"{pins}\"\n")
            mark = box.mark()
            done = surroundings.run("tenantfs", "-c", box.conf, "call", "GET", MFA)
            assert done.returncode == status, done.stderr
            if status != DONE:
                assert "tls-pin" in done.stderr
                assert box.requests(mark) == []
        box.conf.write_text(f"{plain}\ttls-pin = sha1//x\n")
        assert "tls-pin: a pin is" in surroundings.run("tenantfs", "-c", box.conf, "status").stderr
    finally:
        box.stop()


def test_keys_of_tls_connections_are_not_logged(surroundings):
    box = Sandbox(surroundings, surroundings.folder / "box", ["--tls"]).start()
    log = surroundings.folder / "keys"
    try:
        done = surroundings.run("tenantfs", "-c", box.conf, "call", "GET", MFA, env={"SSLKEYLOGFILE": str(log)})
        assert done.returncode == DONE, done.stderr
        assert not log.exists()
    finally:
        box.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version, ciphers, connects", [
    (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", True),
    (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:AES128-GCM-SHA256", False),
    (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", False)])
def test_weak_tls_is_refused(surroundings, version, ciphers, connects):
    """The server ends the connection after the handshake; the handshake alone is under test."""
    box = Sandbox(surroundings, surroundings.folder / "box", ["--tls"]).start()
    box.stop()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers(ciphers)
    context.load_cert_chain(box.data / "tls.pem", box.data / "tls.key")
    host, port = box.listen.rsplit(":", 1)
    add_settings(box.conf, {"timeout": 2})
    seen = []
    with socket.create_server((host, int(port))) as server:
        def serve():
            with contextlib.suppress(OSError), server.accept()[0] as plain, \
                    context.wrap_socket(plain, server_side=True) as stream:
                seen.append(stream.recv(1))
        thread = threading.Thread(target=serve)
        thread.start()
        done = surroundings.run("tenantfs", "-c", box.conf, "call", "GET", MFA)
        thread.join()
    assert done.returncode == UNREACHABLE
    assert bool(seen) == connects
