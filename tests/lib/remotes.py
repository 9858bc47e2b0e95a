"""Remotes for a history: a bare repository, and local servers for it."""
import base64
import contextlib
import http.server
import os
import pathlib
import socket
import ssl
import subprocess
import threading

SOMEBODY = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]


def git(*words, check=True, **rest):
    done = subprocess.run(["git", *map(str, words)], capture_output=True, text=True, check=False, timeout=120, **rest)
    if check:
        assert done.returncode == 0, done.stderr
    return done.stdout


class Remote:
    """A bare repository; commits are listed oldest first."""

    def __init__(self, path):
        self.path = path
        git("init", "-q", "--bare", path)

    def git(self, *words, **rest):
        return git(f"--git-dir={self.path}", *words, **rest)

    def branches(self):
        return sorted(self.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split())

    def commits(self, branch):
        return self.git("rev-list", "--reverse", "--first-parent", branch).split()

    def foreign_commit(self, branch):
        """Creates the branch with a commit of another history."""
        tree = self.git("hash-object", "-t", "tree", "-w", "--stdin", stdin=subprocess.DEVNULL).strip()
        commit = self.git(*SOMEBODY, "commit-tree", "-m", "theirs", tree).strip()
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def fsck(self):
        self.git("fsck", "--strict", "--no-dangling")


class Listener:
    """Accepts connections on its own port, each in a thread, until closed."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.served = 0
        self.open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.served += 1
            self.open.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        """Never answers."""

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def refusing_port():
    """A port that refuses connections, and the socket that reserves it."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held.getsockname()[1], held


class SshServer(Listener):
    """sshd for our own user, one process for each connection; `config` is the client's configuration file."""

    def __init__(self, folder, sshd):
        folder.mkdir(mode=0o700)
        self.folder, self.sshd = folder, sshd
        for name in ("host", "client", "stranger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        if os.getuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        (folder / "sshd_config").write_text(
            f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/client.pub\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n")
        super().__init__()
        self.config = folder / "ssh_config"
        self.trust("host")

    def trust(self, name):
        """Makes the client expect this host key."""
        host_key = " ".join((self.folder / f"{name}.pub").read_text().split()[:2])
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {host_key}\n")
        self.config.write_text(f"IdentityFile {self.folder}/client\nIdentitiesOnly yes\n"
                               f"UserKnownHostsFile {self.folder}/known_hosts\nGlobalKnownHostsFile /dev/null\n")

    def serve(self, connection):
        with open(self.folder / "sshd.log", "ab") as log:
            subprocess.run([self.sshd, "-i", "-e", "-f", self.folder / "sshd_config"], stdin=connection,
                           stdout=connection, stderr=log, check=False)
        connection.close()

    def url(self, path):
        return f"ssh://127.0.0.1:{self.port}{path}"


class Backend(http.server.BaseHTTPRequestHandler):
    """`git http-backend` behind a password."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def answer(self):
        body = self.body()
        self.server.seen(self)
        wanted = base64.b64encode(self.server.login.encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            self.reply(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
            return
        path, _, query = self.path.partition("?")
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, check=False, timeout=120,
                              env={"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.server.root),
                                   "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "tester", "PATH_INFO": path,
                                   "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                                   "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                                   "CONTENT_LENGTH": str(len(body)),
                                   "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", "")})
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
        self.reply(status, [field for field in fields if field[0] != "Status"], content)

    def reply(self, status, fields, content):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class HttpsServer(http.server.ThreadingHTTPServer):
    """HTTPS with its own certificate; `login` is "NAME:PASSWORD"; `seen` is called with each request."""

    daemon_threads = True

    def __init__(self, folder, root, login, seen=lambda request: None):
        folder.mkdir(mode=0o700)
        self.root, self.login, self.seen = root, login, seen
        self.certificate = folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", folder / "key.pem", "-out", self.certificate], check=True, capture_output=True)
        super().__init__(("127.0.0.1", 0), Backend)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, folder / "key.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, name):
        return f"https://127.0.0.1:{self.server_address[1]}/{name}"

    def close(self):
        self.shutdown()
        self.server_close()


def command_lines():
    """Command lines of all processes."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def processes_with(variable):
    """Ids of the processes with NAME=VALUE in their environment."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if variable.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
