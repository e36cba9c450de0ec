"""A local receiver for webhooks that answers as it is told: errors, errors in the body, silence, a reset."""

import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

DRIP_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """is_silent: never answers. is_cut: closes the connection in the middle of the body.

    is_dripping: one byte at a time, each well within the time for one step; the whole answer comes in the end.
    """

    status: int = 200
    body: bytes = b'{"errcode":0}'
    headers: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False
    is_cut: bool = False
    is_dripping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """What came in, in order; the answers given next, the last one again and again."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/in"
        self.received: list[Received] = []
        self.answers: deque[Answer] = deque()
        self.is_closing = threading.Event()

    def next_answer(self) -> Answer:
        if len(self.answers) > 1:
            return self.answers.popleft()
        return self.answers[0] if self.answers else Answer()

    @property
    def ids(self) -> list[str]:
        return [received.headers["X-Delivery-Id"] for received in self.received]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listen on a free loopback port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.receiver = Receiver(server.server_port)  # type: ignore[attr-defined]  # handlers find it by the server
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.receiver  # type: ignore[attr-defined]  # as above
        finally:
            server.receiver.is_closing.set()  # type: ignore[attr-defined]  # as above
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        owner: Receiver = self.server.receiver  # type: ignore[attr-defined]  # set by receiver()
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        owner.received.append(Received(path=self.path, headers=dict(self.headers), body=body))
        answer = owner.next_answer()
        if answer.is_silent:
            owner.is_closing.wait()
            return
        if answer.is_dripping:
            self._drip(answer, owner.is_closing)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) + (100 if answer.is_cut else 0)))
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.is_cut:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)

    def _drip(self, answer: Answer, is_closing: threading.Event) -> None:
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        whole = f"HTTP/1.0 {answer.status} OK\r\n{head}\r\n".encode() + answer.body
        try:
            for place in range(len(whole)):
                self.wfile.write(whole[place : place + 1])
                if is_closing.wait(DRIP_SECONDS):
                    return
        except OSError:
            """The other side has gone, which is what a dripping answer is for."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
