"""Step 3: posts of one's own, pasted or in a vendor's export, analysed like everything else and shown folded."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core import inbox, intake, story
from core.access import Action, Person, require
from core.errors import InvalidInput
from core.mention import Mention, Status
from response.mentions import masked
from response.services import Services
from response.start import journal
from response.trial import Loaded, Trial

PASTED: Final = "粘贴的帖子"
MOST_PASTED: Final = 200
LONGEST_POST: Final = 20_000
_BLANK_LINES: Final = re.compile(r"\n\s*\n")
_ADDRESS: Final = re.compile(r"https?://[^\s，。；、）)】」]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """A post and how many near-copies of it there are besides."""

    mention: Mention
    copies: int


@dataclass(frozen=True, slots=True)
class Shown:
    """waiting: those that are not analysed yet. ruled_out: those in which the brand is not meant."""

    posts: tuple[Folded, ...]
    waiting: int
    ruled_out: int


def split(text: str) -> tuple[str, ...]:
    """Posts between blank lines; each once."""
    pieces = (piece.strip() for piece in _BLANK_LINES.split(text.replace("\r\n", "\n")))
    return tuple(dict.fromkeys(piece for piece in pieces if piece))


def paste(services: Services, person: Person, brand: str, text: str) -> Loaded:
    """Take pasted posts in. Raises InvalidInput for none, too many or a long one."""
    require(person, Action.PUSH_MENTIONS)
    posts = split(text)
    if not posts or len(posts) > MOST_PASTED:
        raise InvalidInput(f"请粘贴 1 到 {MOST_PASTED} 条帖子，之间空一行", field="text")
    if any(len(post) > LONGEST_POST for post in posts):
        raise InvalidInput(f"一条帖子最多 {LONGEST_POST} 字", field="text")
    key, now = intake.author_key(services.settings), services.now()
    given = [intake.complete(_values(post), source=PASTED, now=now, author_key=key) for post in posts]
    with services.database.write() as connection:
        result = inbox.put(connection, given, now=now)
    repeated = len(given) - len(result.new)
    said = f"粘贴了 {len(given)} 条，新增 {len(result.new)} 条" + (f"，已有 {repeated} 条" if repeated else "")
    loaded = Loaded(text=said, ids=tuple(each.id for each in given), new=len(result.new), repeated=repeated, refused=0)
    return _noted(services, person, brand, loaded)


def try_file(services: Services, person: Person, path: Path) -> Trial:
    """What an export would become. Raises InvalidInput."""
    require(person, Action.PUSH_MENTIONS)
    return services.tools.try_file(services, path)


def load_file(services: Services, person: Person, brand: str, path: Path) -> Loaded:
    """Take an export in. Raises InvalidInput."""
    require(person, Action.PUSH_MENTIONS)
    return _noted(services, person, brand, services.tools.load_file(services, path, source=path.stem))


def shown(services: Services, person: Person, brand: str, ids: Sequence[str]) -> Shown:
    """The mentions as analysed, masked: those of the brand, near-copies folded, in the order they were given."""
    require(person, Action.READ_MENTIONS)
    with services.database.read() as connection:
        stored = inbox.known(connection, ids)
    found = [masked(stored[each]) for each in ids if each in stored and stored[each].status is not Status.DELETED]
    analysed = [each for each in found if each.analysis is not None]
    meant = [each for each in analysed if each.analysis and brand in each.analysis.brand_names]
    return Shown(posts=fold(meant), waiting=len(found) - len(analysed), ruled_out=len(analysed) - len(meant))


def fold(mentions: Sequence[Mention]) -> tuple[Folded, ...]:
    """Near-copies behind the first of them."""
    firsts: list[list[Mention]] = []
    for mention in mentions:
        known = next((each for each in firsts if _is_copy(each[0], mention)), None)
        if known is None:
            firsts.append([mention])
        else:
            known.append(mention)
    return tuple(Folded(each[0], len(each) - 1) for each in firsts)


def _is_copy(one: Mention, other: Mention) -> bool:
    if one.analysis is None or other.analysis is None:
        return False
    return story.similarity(one.analysis.fingerprint, other.analysis.fingerprint) >= story.NEAR_COPY


def _values(post: str) -> dict[str, object]:
    """A post has no key of its own: its words are."""
    address = _ADDRESS.search(post)
    digest = hashlib.sha256(post.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return {"url": address[0] if address else "", "native_id": f"paste-{digest}", "text": post}


def _noted(services: Services, person: Person, brand: str, loaded: Loaded) -> Loaded:
    with services.database.write() as connection:
        details = {"text": loaded.text, "ids": list(loaded.ids), "new": loaded.new}
        journal.note(connection, person, journal.LOADED, brand, details, now=services.now())
    return loaded
