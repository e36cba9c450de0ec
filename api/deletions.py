"""Deletion on request (删除请求): by author or address, for good."""

from dataclasses import dataclass

from fastapi import APIRouter

from api.door import Asked, Somebody
from core import deletion, evidence, intake

router = APIRouter(tags=["mentions"])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionInput:
    """Either author (name or id, as the site shows it) or url. dry_run: only count."""

    author: str | None = None
    url: str | None = None
    reason: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """How many mentions were, or would be, deleted."""

    count: int
    dry_run: bool


@router.post("/deletions", summary="按作者或网址删除信息，以后也不再收录")
def delete(services: Asked, person: Somebody, given: DeletionInput) -> Deleted:
    """The index follows within seconds. An audit row keeps reason and count, not the author."""
    author_key = intake.author_key(services.settings)
    wanted = deletion.Request(author=given.author, url=given.url)
    with services.database.write() as connection:
        found = deletion.find(connection, person, wanted, author_key=author_key)
        if not given.dry_run:
            deletion.delete(connection, person, found, reason=given.reason, now=services.now())
    with services.database.write() as connection:
        evidence.sweep(connection, services.settings.data_dir)
    return Deleted(count=len(found), dry_run=given.dry_run)
