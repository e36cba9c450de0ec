"""What every mention passes on its way in, whoever brings it (crawl, import, push): storable fields, hashed authors."""

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from core.errors import InvalidInput
from core.mention import Mention, cleaned, from_dict, mention_id
from core.normalise import canonical_url
from core.seen_again import COUNTS
from core.settings import Settings, secret_key

# What the store says about a mention; whoever brings one cannot.
OWN_FIELDS: Final = ("revision", "order_key", "indexed_at", "alerted_at", "analysis", "status", "id", "canonical_url")


def author_key(settings: Settings) -> str | None:
    """The installation's secret when only hashes of authors may be kept, else None."""
    return secret_key(settings) if settings.hash_authors else None


def complete(
    values: dict[str, Any],  # Any: decoded JSON
    *,
    source: str,
    now: datetime,
    author_key: str | None,
) -> Mention:
    """Derive id and canonical address, fill source and ``seen_at``, hash the author. Raises InvalidInput.

    What has no address (a ticket, a call) needs a ``native_id``, which is one within its source.
    """
    url = values.get("url") or ""
    if not isinstance(url, str) or not (url or values.get("native_id")):
        raise InvalidInput("缺少 url（没有网址时须有 native_id）", field="url")
    canonical = canonical_url(url) if url else ""
    given = {key: value for key, value in values.items() if key not in OWN_FIELDS}
    given.setdefault("seen_at", now)
    mention = from_dict({"source": source, **given, "id": "", "url": url, "canonical_url": canonical})
    _check_numbers(mention)
    whole = replace(mention, id=_identity(mention), seen_by=mention.seen_by or (mention.source,))
    return admit(whole, author_key=author_key)


def _check_numbers(mention: Mention) -> None:
    """No store holds more than 63 bits and a sign."""
    numbers = {name: getattr(mention.engagement, name) for name in COUNTS}
    for name, number in {"followers": mention.followers, "floor": mention.floor, **numbers}.items():
        if number is not None and number.bit_length() > 63:
            raise InvalidInput(f"{name} 超出范围", field=name)


def admit(mention: Mention, *, author_key: str | None) -> Mention:
    """The mention as it may be stored. author_key: when given, only keyed hashes of author and author_id are kept.

    Raises InvalidInput for an identifier that no store can hold.
    """
    mention = cleaned(mention)
    if author_key is None:
        return mention
    author, author_id = (name and hashed(name, author_key) for name in (mention.author, mention.author_id))
    return replace(mention, author=author, author_id=author_id)


def hashed(name: str, key: str) -> str:
    """What is kept of an author's name or id where only keyed hashes may be kept."""
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()[:16]


def _identity(mention: Mention) -> str:
    if mention.canonical_url:
        return mention_id(mention.canonical_url, mention.native_id)
    return mention_id(f"{mention.source}\x1f{mention.native_id}")
