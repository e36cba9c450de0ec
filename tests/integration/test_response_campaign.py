"""Campaigns, suspects, links and the timeline against a real state database."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alerts import alert
from alerts.finding import Finding, FindingReason
from alerts.level import Level
from core import audit, inbox, story, watchlist
from core.access import SYSTEM, Person, Role
from core.database import Database
from core.errors import Conflict, InvalidInput, NotFound
from core.watchlist import Brand
from response import campaign, incident, suspect, timeline
from response.campaign import Campaign
from tests.conftest import Clock
from tests.factories import a_mention, an_analysis

MANAGER = Person("陈珂", frozenset({Role.MANAGER}))
RESPONDER = Person("林晓", frozenset({Role.RESPONDER}))
BRAND = "青柠汽车"
DAY = timedelta(days=1)


def a_campaign(now: datetime, **values: object) -> Campaign:
    given: dict[str, object] = {"name": "618安心购", "brand": BRAND, "starts_at": now - DAY, "ends_at": now + DAY}
    return Campaign(**given | values)  # type: ignore[arg-type]


def save(database: Database, wanted: Campaign, now: datetime) -> Campaign:
    with database.write() as connection:
        return campaign.save(connection, MANAGER, wanted, now=now)


def an_incident_about_brakes(database: Database, now: datetime) -> incident.Incident:
    """Four analysed mentions of one story, the alert about them, its incident."""
    mentions = [
        a_mention(number, title="求助", text="青柠L7高速上刹车失灵，售后电话13812345678") for number in range(4)
    ]
    analysis = an_analysis(words=("刹车", "失灵", "青柠"))
    with database.write() as connection:
        watchlist.save(connection, SYSTEM, Brand(name=BRAND, aliases=("青柠",)), now=now)
        inbox.put(connection, mentions, now=now)
        claimed = inbox.claim(connection, worker="w", limit=10, now=now)
        stories = story.assign(connection, [(mention, analysis) for mention in claimed])
        told = [replace(analysis, story=each) for each in stories]
        inbox.store_analyses(connection, list(zip(claimed, told, strict=True)))
        finding = Finding(
            rule_id="burst",
            brand=BRAND,
            reason=FindingReason.NEGATIVE_BURST,
            level=Level.ORANGE,
            story=stories[0],
            count=4,
            count_negative=4,
            expected=None,
            share_negative=1.0,
            window_start=now - timedelta(hours=1),
            window_end=now,
            query=f"brand:{BRAND}",
            explanation="60 分钟 4 条，全部为负面",
            samples=tuple(mention.id for mention in mentions),
        )
        return incident.open_for(connection, alert.merge(connection, finding, now=now).alert, now=now)


def test_a_campaign_is_created_changed_and_read(database: Database, clock: Clock) -> None:
    made = save(
        database, a_campaign(clock(), words=(" 刹得住，才安心 ", "", "刹得住，才安心"), claim=" 高性能制动 "), clock()
    )
    assert (made.words, made.claim) == (("刹得住，才安心",), "高性能制动")
    assert save(database, made, clock()) == made
    changed = save(database, a_campaign(clock(), owner="市场部"), clock())
    with database.read() as connection:
        rows = audit.entries_of(connection, [f"campaign:{made.id}"])
        assert campaign.list_all(connection, MANAGER) == (changed,)
        assert campaign.list_all(connection, MANAGER, brand="蓝鲸汽车") == ()
        assert campaign.get(connection, MANAGER, made.id) == changed
    assert changed.id == made.id
    assert [row.action for row in rows] == ["campaign.created", "campaign.changed"]


def test_campaigns_that_make_no_sense_are_refused(database: Database, clock: Clock) -> None:
    for values in (
        {"name": " "},
        {"name": "长" * 101},
        {"brand": ""},
        {"ends_at": clock() - DAY},
        {"starts_at": datetime(2026, 6, 1)},
        {"claim": "长" * 2001},
        {"words": tuple(f"词{number}" for number in range(101))},
    ):
        with pytest.raises(InvalidInput):
            save(database, a_campaign(clock(), **values), clock())
    with pytest.raises(NotFound):
        save(database, a_campaign(clock(), id="none"), clock())
    save(database, a_campaign(clock()), clock())
    other = save(database, a_campaign(clock(), name="露营季"), clock())
    with pytest.raises(Conflict):
        save(database, a_campaign(clock(), id=other.id), clock())


def test_suspects_are_found_at_the_opening_and_later(database: Database, clock: Clock) -> None:
    now = clock()
    save(
        database,
        a_campaign(now, name="周末露营季", starts_at=now + 5 * DAY, ends_at=now + 9 * DAY, words=("露营",)),
        now,
    )
    sale = save(database, a_campaign(now, words=("安心",), claim="标配防失灵系统，青柠更可靠"), now)
    save(database, a_campaign(now, name="明年春季", starts_at=now + 200 * DAY, ends_at=now + 230 * DAY), now)
    save(database, a_campaign(now, name="已结束", starts_at=now - 9 * DAY, ends_at=now), now)
    save(database, a_campaign(now, name="对手活动", brand="蓝鲸汽车", words=("刹车",)), now)
    found = an_incident_about_brakes(database, now)
    with database.read() as connection:
        suspects = suspect.suspects(connection, RESPONDER, found, now=now)
        recorded = audit.entries_of(connection, [found.subject])[0].details["suspects"]
        later = suspect.suspects(connection, RESPONDER, found, now=now + 4 * DAY)
    assert [(each.campaign.name, each.reasons) for each in suspects] == [
        ("618安心购", ("同品牌正在进行（至 6月17日）", "宣传语涉及：失灵")),
        ("周末露营季", ("同品牌即将开始（6月21日）",)),
    ]
    assert recorded[0] == {"campaign": sale.id, "name": "618安心购", "reasons": list(suspects[0].reasons)}
    assert [each.campaign.name for each in later] == ["周末露营季"]


def test_a_link_is_recorded_once(database: Database, clock: Clock) -> None:
    found = an_incident_about_brakes(database, clock())
    sale = save(database, a_campaign(clock()), clock())
    with database.write() as connection:
        for _ in range(2):
            suspect.link(connection, RESPONDER, found.id, sale.id, now=clock())
        with pytest.raises(NotFound):
            suspect.link(connection, RESPONDER, found.id, "none", now=clock())
        assert suspect.linked(connection, RESPONDER, found.id) == (sale,)
        assert suspect.suspects(connection, RESPONDER, found, now=clock())[0].is_linked
        actions = [row.action for row in audit.entries_of(connection, [found.subject])]
    assert actions == ["incident.opened", "incident.campaign_linked"]


def test_the_timeline_tells_the_whole_story_in_order(database: Database, clock: Clock) -> None:
    first_post = a_mention().order_time
    found = an_incident_about_brakes(database, clock())
    due_at = clock() + timedelta(hours=2)
    with database.write() as connection:
        alert.acknowledge(connection, RESPONDER, found.alert_id, now=clock.advance(minutes=4))
        incident.acknowledge(connection, RESPONDER, found.id, now=clock.advance(minutes=1), note="我来跟")
        task = incident.add_task(
            connection, RESPONDER, found.id, title="回电车主", owner="客服", due_at=due_at, now=clock.advance(minutes=1)
        )
        incident.add_note(connection, MANAGER, found.id, text="车主电话13812345678", now=clock.advance(minutes=1))
        incident.finish_task(connection, RESPONDER, task.id, proof="已回访", now=clock.advance(minutes=1))
        audit.record(connection, person=MANAGER, action="incident.frozen", subject=found.subject, now=clock())
        incident.close(connection, MANAGER, found.id, cause="接插件故障", now=clock.advance(minutes=1))
        entries = timeline.of(connection, RESPONDER, found.id)
    assert entries[0].at == first_post
    assert entries[0].kind == timeline.MILESTONE
    assert [(entry.person, entry.text) for entry in entries] == [
        ("系统", "首条相关信息：求助"),
        ("系统", f"触发橙色预警 {found.alert_number}：60 分钟 4 条，全部为负面"),
        ("系统", f"由预警 {found.alert_number} 建立舆情事件，级别橙色"),
        ("林晓", "确认预警"),
        ("林晓", "确认舆情事件，开始处置：我来跟"),
        ("林晓", "添加任务「回电车主」，负责人 客服，期限 06-16 16:00"),
        ("陈珂", "备注：车主电话138********"),
        ("林晓", "完成任务「回电车主」：已回访"),
        ("陈珂", "记录了操作 incident.frozen"),
        ("陈珂", "结案，原因：接插件故障"),
    ]
