"""Reads a made-up forum as the crawl does, without a network, and compares with its truth."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import SourceChanged, SourceRefused
from crawler.extract.forum import ForumReader
from crawler.extract.thread import Floor, ThreadLink
from crawler.spiders.forum import FULL_REPLIES
from tests.forum_designs import DESIGNS, LAST_DESIGNS
from tests.forum_pages import FORUMS, HOST, LINED, NOW, UNTUNED, Forum, Post


@dataclass(frozen=True)
class Measured:
    """Shares of the truth.

    replies: of threads whose count on the list is right. posts: of those with words, found with these words and no
    others; near: found with words too many or too few. extra: floors that are no post.
    """

    threads: float
    replies: float
    posts: float
    near: float
    author: float
    minute: float
    extra: int
    notes: list[str]


def measure(forum: Forum) -> Measured:
    """Every page through one reader, threads with replies first, as the spider asks for them."""
    pages, reader, notes = forum.pages(), ForumReader(), list[str]()
    links: dict[str, ThreadLink] = {}
    url: str | None = HOST + forum.board(1)
    while url is not None:
        board = reader.read_board(pages[url.removeprefix(HOST)], url, NOW)
        is_new = any(link.key not in links for link in board.threads)
        links |= {link.key: link for link in board.threads}
        url = board.next_url if is_new else None
    wanted = {thread.title: thread for thread in forum.threads}
    count: Counter[str] = Counter()
    for link in sorted(links.values(), key=lambda link: -min(link.replies or 0, FULL_REPLIES)):
        thread = wanted.pop(link.title, None)
        count["threads"] += thread is not None
        count["replies"] += thread is not None and link.replies == len(thread.posts) - 1
        _compare(list(thread.posts if thread else ()), _floors(reader, link.url, pages, notes), count, notes)
    total = sum(bool(post.text) for thread in forum.threads for post in thread.posts)
    found, near, author, minute = (count[part] / total for part in ("found", "near", "author", "minute"))
    threads = len(forum.threads)
    of_list = (count["threads"] / threads, count["replies"] / threads)
    return Measured(*of_list, found, near, author, minute, count["extra"], notes)


def _compare(rest: list[Post], floors: Sequence[Floor], count: Counter[str], notes: list[str]) -> None:
    """Equal texts first, so that what is merely alike takes no other's post. A picture alone is no truth of ours."""
    rest = [post for post in rest if post.text]
    for part, is_alike in (("found", _is_equal), ("near", _is_near)):
        left = []
        for floor in (floor for floor in floors if floor.text):
            alike = [post for post in rest if is_alike(post.text, floor.text)]
            if not alike:
                left.append(floor)
                continue
            post = min(alike, key=lambda post: (post.author != floor.author, not _is_at(post, floor)))
            rest.remove(post)
            count[part] += 1
            count["author"] += post.author == floor.author
            count["minute"] += _is_at(post, floor)
            if part == "near":
                notes.append(f"near {floor.url} {floor.text!r} is {post.text!r}")
        floors = left
    count["extra"] += len(floors)
    notes.extend(f"extra {floor.url} {floor.author} {floor.text!r}" for floor in floors)
    notes.extend(f"missing {post}" for post in rest)


def _is_equal(text: str, other: str) -> bool:
    return text.split() == other.split()


def _is_near(text: str, other: str) -> bool:
    return min(text, other, key=len) in max(text, other, key=len)


def _is_at(post: Post, floor: Floor) -> bool:
    return floor.published is not None and abs((floor.published.at - post.at).total_seconds()) < 60


def _floors(reader: ForumReader, url: str, pages: Mapping[str, str], notes: list[str]) -> list[Floor]:
    """All floors of a thread, each key once."""
    floors: dict[str, Floor] = {}
    address: str | None = url
    while address is not None:
        try:
            page = reader.read_thread(pages[address.removeprefix(HOST)], address, NOW)
        except (SourceChanged, SourceRefused, KeyError) as error:
            notes.append(f"{address}: {error!r}")
            break
        fresh = {floor.native_id: floor for floor in page.floors if floor.native_id not in floors}
        floors |= fresh
        address = page.next_url if fresh else None
    return list(floors.values())


def main() -> None:
    every = (*FORUMS, *UNTUNED, *LINED, *DESIGNS, *LAST_DESIGNS)
    for forum in (forum for forum in every if forum.name in sys.argv[1:] or not sys.argv[1:]):
        found = measure(forum)
        print(
            f"{forum.name}: threads {found.threads:.3f}, their counts {found.replies:.3f}, posts {found.posts:.3f}, "
            f"near {found.near:.3f}, author {found.author:.3f}, minute {found.minute:.3f}, extra {found.extra}"
        )
        print("".join(f"    {note[:180]}\n" for note in found.notes[:3]), end="")


if __name__ == "__main__":
    main()
