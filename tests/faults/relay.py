"""A port in front of a real server that can be cut: to its clients the server is gone, and later back."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import Final

BLOCK_BYTES: Final = 65_536


class Relay:
    """Passes bytes on in both directions. cut: breaks every connection and refuses new ones; mend: takes them again."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        # Bound and never listening: the number stays ours while the line is cut.
        self._number = _bound(0)
        self.port = int(self._number.getsockname()[1])
        self._listening: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = Lock()

    def mend(self) -> None:
        self._listening = _bound(self.port)
        self._listening.listen()
        Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            ends, self._open = self._open, set()
        for end in (self._listening, *ends):
            if end is not None:
                _break(end)
        self._listening = None

    def close(self) -> None:
        self.cut()
        self._number.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):  # cut
            while True:
                client, _ = listening.accept()
                server = socket.create_connection(self._upstream)
                with self._lock:
                    self._open |= {client, server}
                for ends in ((client, server), (server, client)):
                    Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # cut, or one side hung up
            while block := source.recv(BLOCK_BYTES):
                target.sendall(block)
        for end in (source, target):
            _break(end)
            with self._lock:
                self._open.discard(end)


@contextmanager
def relay(host: str, port: int) -> Iterator[Relay]:
    """A relay that works until it is cut."""
    made = Relay(host, port)
    made.mend()
    try:
        yield made
    finally:
        made.close()


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


def _break(end: socket.socket) -> None:
    """Whoever waits on it wakes up."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
