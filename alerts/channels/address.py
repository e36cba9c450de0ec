"""Where a channel may send: the scheme, and the addresses that the host's name stands for."""

import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final, TypeAlias

import httpx

from core.errors import DeliveryFailed, DeliveryRejected

PORTS: Final = {"http": 80, "https": 443}
# Guess: one of each family and one more; every further one makes a dead host slower to notice.
MOST_ADDRESSES: Final = 3
# Guess: a name that takes longer is not there for now; the system itself would go on for half a minute and more.
LOOK_UP_SECONDS: Final = 5.0

_Entries: TypeAlias = list[tuple[Any, ...]]  # Any: what the socket module returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """url: as configured. pinned: the same with a checked address in place of the name, in the system's order."""

    url: httpx.URL
    pinned: tuple[httpx.URL, ...]


def resolve(url: str, *, allow_private: bool, seconds: float = LOOK_UP_SECONDS) -> Target:
    """Look the host up and check every address it has; the caller connects to ``pinned`` and nothing else.

    So the name cannot point elsewhere between check and connection. Raises DeliveryRejected for another scheme
    or a private address, DeliveryFailed when the name is unknown for now or not looked up in time (seconds).
    """
    try:
        parsed = httpx.URL(url)
        if parsed.scheme not in PORTS or not parsed.host:
            raise DeliveryRejected("通知地址必须以 http:// 或 https:// 开头")
        addresses = _addresses(parsed, seconds)
        if not allow_private and not all(_is_public(address) for address in addresses):
            raise DeliveryRejected("通知地址指向内网；确需使用时请在渠道里设置 allow_private", host=parsed.host)
        pinned = tuple(parsed.copy_with(host=str(address)) for address in addresses[:MOST_ADDRESSES])
    except (httpx.InvalidURL, UnicodeError) as error:
        raise DeliveryRejected("通知地址无法识别") from error
    return Target(url=parsed, pinned=pinned)


def _addresses(url: httpx.URL, seconds: float) -> list[IPv4Address | IPv6Address]:
    try:
        found = _look_up(url.raw_host.decode(), url.port or PORTS[url.scheme], seconds)
    except OSError as error:
        raise DeliveryFailed("通知地址的主机名无法解析", host=url.host) from error
    return [ip_address(entry[4][0]) for entry in found]


def _look_up(host: str, port: int, seconds: float) -> _Entries:
    """Ask the system in a thread of its own, which is left behind when it takes too long. Raises TimeoutError."""
    answer: Future[_Entries] = Future()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    return answer.result(timeout=seconds)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (inner or address).is_global and not (inner or address).is_multicast
