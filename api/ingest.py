"""Push (推送): mentions from data vendors, hotlines, stores, ticket and complaint systems."""

import hashlib
from typing import Annotated, Any, Final
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import TypeAdapter

from api.door import BEARER, Asked, person_of
from core import idempotency, intake, push, sender
from core.idempotency import Call
from core.push import PushAnswer, Pusher
from core.sender import Signature
from core.settings import secret_key

router = APIRouter(tags=["ingest"])

LINES: Final = ("application/x-ndjson", "application/jsonl")
_ANSWER: Final = TypeAdapter(PushAnswer)
# The body is read as bytes, which the signature is about: what it holds is said here.
BODY: Final[dict[str, Any]] = {  # Any: an OpenAPI document
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["mentions"],
                    "properties": {
                        "mentions": {"type": "array", "maxItems": push.MOST_MENTIONS, "items": {"type": "object"}}
                    },
                }
            },
            LINES[0]: {"schema": {"type": "string"}},
        },
    }
}


async def body_of(request: Request) -> bytes:
    """The body as it was signed; its size was limited before."""
    return await request.body()


Body = Annotated[bytes, Depends(body_of)]


def pusher_of(
    services: Asked,
    body: Body,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
    x_tingfeng_sender: Annotated[str | None, Header(description="推送方名称，中文用百分号编码")] = None,
    x_tingfeng_timestamp: Annotated[str, Header(description="当前时间的秒数")] = "",
    x_tingfeng_signature: Annotated[str, Header(description="sha256=HMAC(密钥, 时间戳.内容)")] = "",
) -> Pusher:
    """Whoever signed the body, or the account behind the token. Raises NotLoggedIn."""
    if x_tingfeng_sender is None:
        return Pusher(person=person_of(services, credentials))
    name = _name(x_tingfeng_sender)
    signature = Signature(sender=name, timestamp=x_tingfeng_timestamp, value=x_tingfeng_signature)
    key = secret_key(services.settings)
    with services.database.read() as connection:
        person = sender.authenticate(connection, key, signature, body, now=services.now())
    return Pusher(person=person, source=name)


@router.post("/ingest", summary="推送信息：一次最多 1,000 条，逐条回答", openapi_extra=BODY)
def ingest(
    services: Asked,
    pusher: Annotated[Pusher, Depends(pusher_of)],
    body: Body,
    response: Response,
    content_type: Annotated[str, Header()] = "",
    idempotency_key: Annotated[str | None, Header(description="同一个键重复请求时返回第一次的结果")] = None,
) -> PushAnswer:
    """One bad mention is refused in its place and never sinks the others; a repetition stores nothing twice."""
    is_lines = content_type.partition(";")[0].strip().lower() in LINES
    records = push.records_of_lines(body) if is_lines else push.records_of_json(body)

    def work() -> PushAnswer:
        author_key = intake.author_key(services.settings)
        return push.push(services.database, pusher, records, author_key=author_key, now=services.now())

    if idempotency_key is None:
        return work()
    # Names of senders and of accounts are two lists: what one of them is called says nothing of the other.
    owner = f"account:{pusher.person.name}" if pusher.source is None else f"sender:{pusher.source}"
    call = Call(owner=owner, key=idempotency_key, digest=hashlib.sha256(body).hexdigest())
    stored, is_replayed = idempotency.once(
        services.database, call, lambda: _ANSWER.dump_json(work()).decode(), now=services.now()
    )
    if is_replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return _ANSWER.validate_json(stored)


def _name(header: str) -> str:
    """Headers arrive as Latin-1; clients write UTF-8 into them, or percent-encode."""
    return unquote(header.encode("latin-1", "replace").decode("utf-8", "replace"))
