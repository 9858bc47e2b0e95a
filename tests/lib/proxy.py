"""A proxy between mount and sandbox that answers as an attacker or an old gateway would."""
import contextlib
import http.client
import http.server
import threading
import urllib.parse


class Proxy:
    """Passes requests on. A rule answers those of a method and a part of a path in its own words, `times` times."""

    def __init__(self, url):
        target = urllib.parse.urlsplit(url)
        self.rules = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self, target))
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, method, path, status, body, kind="application/json", times=-1, **headers):
        self.rules.append([method, path, times, status, body, {"Content-Type": kind, **headers}])

    def pass_all(self):
        self.rules.clear()

    def rule_for(self, method, path):
        for rule in self.rules:
            if rule[0] == method and rule[1] in path and rule[2] != 0:
                rule[2] -= 1
                return rule[3:]
        return None


def handler_of(proxy, target):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            status, answer, headers = proxy.rule_for(self.command, self.path) or self.ask(body)
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

        def ask(self, body):
            connection = http.client.HTTPConnection(target.netloc, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            try:
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                text = answer.read()
            finally:
                connection.close()
            left_out = ("content-length", "connection", "transfer-encoding")
            return answer.status, text, {name: value for name, value in answer.getheaders()
                                         if name.lower() not in left_out}

        def log_message(self, *_):
            """Says nothing."""

    return Handler
