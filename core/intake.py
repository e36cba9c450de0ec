"""What every mention passes on its way in, whoever brings it: its identity, storable fields, hashed authors."""

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from core.errors import InvalidInput
from core.mention import Mention, cleaned, from_dict, mention_id
from core.normalise import canonical_url
from core.settings import Settings, secret_key

# What the store says about a mention; who brings it cannot.
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
    """Derive id and canonical address, fill source and ``seen_at``, hash the author. Raises InvalidInput."""
    url = values.get("url")
    if not isinstance(url, str):
        raise InvalidInput("缺少 url", field="url")
    canonical = canonical_url(url)
    given = {key: value for key, value in values.items() if key not in OWN_FIELDS}
    given.setdefault("seen_at", now)
    mention = from_dict({"source": source, **given, "id": "", "canonical_url": canonical})
    identity = mention_id(canonical, mention.native_id)
    whole = replace(mention, id=identity, seen_by=mention.seen_by or (mention.source,))
    return admit(whole, author_key=author_key)


def admit(mention: Mention, *, author_key: str | None) -> Mention:
    """The mention as it may be stored. author_key: when given, only keyed hashes of author and author_id are kept.

    Raises InvalidInput for an identifier that no store can hold.
    """
    mention = cleaned(mention)
    if author_key is None:
        return mention
    author, author_id = (_hashed(name, author_key) for name in (mention.author, mention.author_id))
    return replace(mention, author=author, author_id=author_id)


def _hashed(name: str | None, key: str) -> str | None:
    return hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()[:16] if name else name
