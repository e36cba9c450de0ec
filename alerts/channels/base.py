"""The door to people: a channel sends one message and says what became of it.

A channel reads the answer's body, not only the HTTP status: the chat robots answer 200 with an error inside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.mention import Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent. Texts are masked before they come here.

    id: idempotency key, the same on every retry. number: what people see (alert or incident number), so that a
    message that arrives twice is recognisable. fields: JSON-ready, for machines.
    """

    id: str
    number: str
    level: str
    title: str
    text: str
    link: str = ""
    created_at: Time
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof of delivery: what the other side answered. provider_id: its own number, if it gave one."""

    provider_id: str = ""
    status: int | None = None
    answer: str = ""


class Channel(Protocol):
    """One configured way to tell people (通知渠道)."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    def send(self, message: Message) -> Receipt:
        """Send once. Raises DeliveryFailed (try again) or DeliveryRejected (do not)."""
        ...
