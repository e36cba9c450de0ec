"""Generic webhook: signed JSON to an address of the user's own; for machines, not for chat robots.

Body (version 1): version, id, number, level, title, text, link, created_at, fields. Headers: ``X-Delivery-Id`` (the
same on every retry) and ``X-Signature: t=<seconds>,v1=<hex>``, where v1 is HMAC-SHA256(secret, t + "." + body).
Accepted is an answer of 2xx whose body, if it is a JSON object, has no ``errcode`` or ``code`` other than 0.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
from pydantic import TypeAdapter

from alerts.channels.address import Target, resolve
from alerts.channels.base import Message, Receipt
from core.database import storable
from core.errors import DeliveryError, DeliveryFailed, DeliveryRejected

VERSION: Final = 1
USER_AGENT: Final = "Tingfeng/0.1"
# Guess: a receiver stores and answers at once. The total covers connecting, TLS, sending and the whole answer, and
# stays far below the outbox's lease: whoever drips a byte a second must not keep a sender until another one begins.
STEP_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 10.0
# Guess: an answer says yes or no; what is longer is a page.
MOST_ANSWER_BYTES: Final = 65_536
# Of the answer kept with the receipt.
ANSWER_KEPT: Final = 200
TOO_MANY_REQUESTS: Final = 429

_MESSAGE: Final = TypeAdapter(Message)


class WebhookChannel:
    """One address with its secret. total_seconds: from the first connection to the end of the answer."""

    kind: Final = "webhook"

    def __init__(
        self,
        name: str,
        *,
        url: str,
        secret: str,
        allow_private: bool = False,
        now: Callable[[], datetime],
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.name: Final = name
        self._url: Final = url
        self._secret: Final = secret
        self._allow_private: Final = allow_private
        self._now: Final = now
        self._total_seconds: Final = total_seconds

    def send(self, message: Message) -> Receipt:
        """Raises DeliveryFailed (no answer, 429, 5xx, error in the body) and DeliveryRejected (any other no)."""
        body = body_of(message)
        target = resolve(self._url, allow_private=self._allow_private)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "X-Delivery-Id": message.id,
            "X-Signature": signature(self._secret, body, at=self._now()),
        }
        try:
            response, answer = asyncio.run(self._exchange(target, body, headers))
        except (TimeoutError, httpx.TimeoutException) as error:
            raise DeliveryFailed("接收方没有在规定时间内应答完", channel=self.name) from error
        except httpx.TransportError as error:
            raise DeliveryFailed("连接接收方失败", channel=self.name) from error
        return read_answer(response.status_code, response.headers, answer, now=self._now())

    async def _exchange(self, target: Target, body: bytes, headers: Mapping[str, str]) -> tuple[httpx.Response, bytes]:
        """On a loop of its own, because only there everything that waits can be called off. Raises TimeoutError."""
        async with (
            asyncio.timeout(self._total_seconds),
            # trust_env off: a proxy would look the name up again, behind the check.
            httpx.AsyncClient(timeout=STEP_SECONDS, follow_redirects=False, trust_env=False) as client,
        ):
            response = await _post(client, target, body, headers)
            return response, await self._read(response)

    async def _read(self, response: httpx.Response) -> bytes:
        answer = b""
        async with aclosing(response):
            async for chunk in response.aiter_raw():
                answer += chunk
                if len(answer) > MOST_ANSWER_BYTES:
                    raise DeliveryRejected("接收方的应答太长，不像是 webhook", channel=self.name)
        return answer


async def _post(client: httpx.AsyncClient, target: Target, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """Ask the first address that can be reached. TLS checks the name, not the number."""
    for number, url in enumerate(target.pinned, start=1):
        request = client.build_request(
            "POST",
            url,
            content=body,
            headers={**headers, "Host": target.url.netloc.decode("ascii")},
            extensions={"sni_hostname": target.url.raw_host.decode("ascii")},
        )
        try:
            return await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if number == len(target.pinned):
                raise
    raise DeliveryFailed("通知地址的主机名无法解析")


def signature(secret: str, body: bytes, *, at: datetime) -> str:
    """Value of X-Signature. Source: docs/decisions/003, alerts; receivers allow 5 minutes of difference."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def body_of(message: Message) -> bytes:
    """The JSON that is signed and sent."""
    values = {"version": VERSION, **_MESSAGE.dump_python(message, mode="json")}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def read_answer(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Receipt:
    """Judge what came back. Raises DeliveryFailed or DeliveryRejected.

    headers: read by the lower-case name.
    """
    answer = storable(body.decode("utf-8", "replace"))
    if not 200 <= status < 300:
        raise _refusal(status, headers, now)
    values = _object(answer)
    for key in ("errcode", "code"):
        if key in values and str(values[key]) != "0":
            told = storable(str(values[key]))[:40]
            raise DeliveryFailed(f"接收方应答 {status}，但报告错误 {key}={told}", status=status)
    return Receipt(provider_id=storable(str(values.get("id", "")))[:100], status=status, answer=answer[:ANSWER_KEPT])


def _refusal(status: int, headers: Mapping[str, str], now: datetime) -> DeliveryError:
    if 300 <= status < 400:
        return DeliveryRejected("通知地址要求跳转，请填写最终地址", status=status)
    if status != TOO_MANY_REQUESTS and status < 500:
        return DeliveryRejected(f"接收方拒绝（HTTP {status}）", status=status)
    details: dict[str, object] = {"status": status}
    if (wait := retry_after(headers.get("retry-after", ""), now=now)) is not None:
        details["retry_after_seconds"] = wait
    return DeliveryFailed(f"接收方暂时无法接收（HTTP {status}）", **details)


def retry_after(value: str, *, now: datetime) -> int | None:
    """Seconds to wait, of a Retry-After header (a number or a date); None when it says nothing readable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return int(value[:9])
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0, int((moment - now).total_seconds()))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _object(answer: str) -> Mapping[str, object]:
    """The answer's JSON object; empty when it is something else, which a webhook may well answer."""
    try:
        values = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
