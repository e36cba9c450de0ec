"""What every mention passes on its way in, whoever brings it (crawl, import): storable fields, hashed authors."""

import hashlib
import hmac
from dataclasses import replace

from core.mention import Mention, cleaned
from core.settings import Settings, secret_key


def author_key(settings: Settings) -> str | None:
    """The installation's secret when only hashes of authors may be kept, else None."""
    return secret_key(settings) if settings.hash_authors else None


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
