"""The page's server: for this machine only, and for whoever has the address with its token.

It serves the page's three files, pictures of the training and answers to commands; nothing else.
A request is refused if it has another token, if it names another host (a foreign name that was
pointed at this machine), if it comes from another site's page, or if its body is too long.
"""

import hmac
import http.server
import json
import pathlib
import secrets
import sys

from .scenes import SCENES
from .settings import NUMBERS, choices, defaults

PAGE = pathlib.Path(__file__).parent / "page"
FILES = {"": ("index.html", "text/html"), "script.js": ("script.js", "text/javascript"),
         "style.css": ("style.css", "text/css")}
LONGEST = 200_000  # bytes of a body
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src 'self' data: blob:; connect-src 'self'; "
                               "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store"}


class Server(http.server.ThreadingHTTPServer):
    """Serves a `session.Session` on 127.0.0.1; ``address`` is where, with the token."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, session, port=0):
        self.session, self.token = session, secrets.token_urlsafe(18)
        self.files = {name: ((PAGE / file).read_bytes(), kind)
                      for name, (file, kind) in FILES.items()}
        super().__init__(("127.0.0.1", port), Handler)
        self.hosts = {f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost")}
        self.address = f"http://127.0.0.1:{self.server_port}/{self.token}/"

    def handle_error(self, request, client_address):
        """A client that went away is no fault; anything else is one."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Refused(Exception):
    """(status, sentence)"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "numgan", ""
    timeout = 20  # seconds for a client to send what it began

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def _answer(self, made):
        try:
            status, kind, body, more = made(self._name())
        except Refused as refused:
            status, sentence = refused.args
            kind, more = "application/json", {}
            body = json.dumps({"error": sentence}).encode()
            self.close_connection = True  # a body may be left unread
        self.send_response(status)
        for name, value in {**HEADERS, **more}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def _name(self):
        """The name behind the token in the request; Refused if the request is not allowed."""
        if self.headers.get("Host") not in self.server.hosts:
            raise Refused(403, "expected this machine's own address")
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self.server.hosts:
            raise Refused(403, "expected a request from the playground's own page")
        if self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "expected a request from the playground's own page")
        token, slash, name = self.path.partition("?")[0][1:].partition("/")
        if not hmac.compare_digest(token.encode(), self.server.token.encode()) or not slash:
            raise Refused(404, "expected the address that the playground printed")
        return name

    def _get(self, name):
        if name in self.server.files:
            body, kind = self.server.files[name]
            return 200, kind, body, {}
        if name == "settings":
            return self._json({"choices": choices(), "numbers": {
                knob: [kind.__name__, least, most]
                for knob, (kind, least, most) in NUMBERS.items()},
                "defaults": defaults(), "scenes": SCENES})
        if name == "picture":
            since = self.path.partition("?since=")[2]
            found = self.server.session.look(int(since) if since.isdecimal()
                                             and len(since) < 16 else -1)
            if found is None:
                return 204, "", b"", {}
            return 200, "application/json", found[1], {"X-Version": str(found[0])}
        raise Refused(404, "no such thing")

    def _post(self, name):
        if name != "do":
            raise Refused(404, "no such thing")
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "expected application/json")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise Refused(411, "expected the length of the body")
        if len(length) > 9 or int(length) > LONGEST:
            raise Refused(413, f"expected at most {LONGEST} bytes")
        body = self.rfile.read(int(length))
        try:
            command = json.loads(body.decode())
        except (ValueError, RecursionError):
            raise Refused(400, "expected JSON") from None
        try:
            return self._json(self.server.session.do(command))
        except ValueError as error:
            raise Refused(400, str(error)) from None
        except TimeoutError:
            raise Refused(503, "the training is busy with a long step") from None
        except RuntimeError as error:
            raise Refused(500, str(error)) from None

    def _json(self, value):
        return 200, "application/json", json.dumps(value, allow_nan=False).encode(), {}

    def log_message(self, *arguments):
        """Nothing: the terminal is for the address."""
