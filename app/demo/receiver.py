"""The demo's duty desk: a webhook on loopback that checks the signature and counts what arrived."""

import hashlib
import hmac
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final, Self, cast

_LOOPBACK: Final = "127.0.0.1"


class Receiver:
    """Use it as a context manager; ``received`` holds the ids of the deliveries whose signature was right."""

    def __init__(self, secret: str) -> None:
        self._server = _Server((_LOOPBACK, 0), _Handler)
        self._server.secret = secret.encode()
        self._server.received = set()
        self._thread = Thread(target=self._server.serve_forever, name="demo-receiver", daemon=True)

    @property
    def url(self) -> str:
        """Where the channel sends to."""
        return f"http://{_LOOPBACK}:{self._server.server_address[1]}/alerts"

    @property
    def received(self) -> frozenset[str]:
        """Delivery ids, each once however often it came."""
        return frozenset(self._server.received)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    secret = b""
    received: set[str]

    def is_signed(self, header: str, body: bytes) -> bool:
        """Check ``t=<seconds>,v1=<hex>`` as docs/api.md describes it."""
        parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        expected = hmac.new(self.secret, parts.get("t", "").encode() + b"." + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, parts.get("v1", ""))


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast(_Server, self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_signed = server.is_signed(self.headers.get("X-Signature", ""), body)
        if is_signed:
            server.received.add(self.headers.get("X-Delivery-Id", ""))
        self.send_response(HTTPStatus.OK if is_signed else HTTPStatus.UNAUTHORIZED)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass
