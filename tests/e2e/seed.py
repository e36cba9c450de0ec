"""A believable state of the product for looking at pages: 30 calm days at 青柠汽车, then a burst about brakes."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts import alert, channel, notify, outbox
from alerts.alert import Merge
from alerts.channel import ChannelConfig, ChannelKind
from alerts.channels.base import Receipt
from alerts.finding import Finding, FindingReason
from alerts.level import Level
from alerts.state import Outcome
from app.pipeline import Pipeline
from core import accounts, inbox, quarantine, watchlist
from core.access import SYSTEM, Person, Role
from core.errors import DeliveryRejected, SourceChanged
from core.mention import Kind, Mention, Platform, Tier
from core.watchlist import Brand
from crawler import sources, turn
from crawler.outcome import CrawlResult
from crawler.sources import Source, SourceKind
from index.base import Dimension
from index.query import EVERYTHING
from nlp.analyse import Analyser
from response import campaign, incident, statement_check, suspect
from response.campaign import Campaign
from response.compliance.rule import Context
from response.services import Services
from tests.factories import a_mention

# Tuesday 2026-06-16 14:30 in Shanghai.
NOW = datetime(2026, 6, 16, 6, 30, tzinfo=UTC)
JUST_NOW = NOW - timedelta(minutes=4)
PEOPLE = {"林晓": [Role.MANAGER, Role.ANALYST], "周航": [Role.ANALYST], "吴律": [Role.LEGAL], "admin": [Role.ADMIN]}
PASSWORD = "pages-for-looking"
LINXIAO = Person("林晓", frozenset(PEOPLE["林晓"]))

BRANDS = (
    Brand(
        name="青柠汽车",
        aliases=("青柠汽车", "青柠L7", "青宁汽车", "柠檬车"),
        ambiguous=("青柠",),
        exclusions=("饮料", "苏打水", "果汁", "鸡尾酒"),
    ),
    Brand(name="蓝鲸汽车", aliases=("蓝鲸汽车", "蓝鲸S5"), is_own=False),
)
# name, kind, platform, tier, share of the mentions
SITES: Sequence[tuple[str, SourceKind, Platform, Tier, int]] = (
    ("青柠车友会", SourceKind.LISTING, Platform.FORUM, Tier.C, 5),
    ("车评日报", SourceKind.FEED, Platform.NEWS, Tier.B, 2),
    ("南城都市报", SourceKind.FEED, Platform.NEWS, Tier.B, 2),
    ("城市生活论坛", SourceKind.LISTING, Platform.FORUM, Tier.C, 2),
    ("车主投诉台", SourceKind.LISTING, Platform.COMPLAINT, Tier.B, 1),
)
CALM = (
    ("青柠L7 提车一个月，说说真实感受", "青柠L7 提车一个月，空间够用，刹车很线性，周末带家人出游很舒服，整体满意。"),
    ("青柠汽车公布五月销量", "青柠汽车今日公布五月销量数据，青柠L7 交付量与上月基本持平。"),
    (
        "青柠L7 和蓝鲸S5 怎么选",
        "预算二十万，两台都试驾了，蓝鲸S5 座椅软一些，青柠L7 车机反应更快，帮忙看看。",
    ),
    ("青柠L7 冬季续航记录", "记录一下青柠L7 的续航，市区通勤百公里电耗 14 度，比上一台车省不少，充电也方便。"),
    ("青柠L7 车机升级之后好用多了", "新版车机导航清楚，语音识别准，推荐升级，青柠汽车这次做得不错。"),
    ("青柠L7 中控有异响", "开了三千公里，过减速带时中控有异响，青柠汽车售后说要预约，等了两周，有点失望。"),
    ("青柠L7 保养费用太贵", "首保花了一千二，比宣传的价格贵，青柠汽车售后态度差，体验不好。"),
    ("青柠车友会周末自驾活动", "本周六青柠车友会组织自驾，集合地点在城北服务区，欢迎报名。"),
)
BURST = (
    (
        "青柠L7高速上刹车踩不动，4S店说是正常现象",
        "早上在高速上刹车突然踩不动，差点追尾，非常危险！4S店检查后说是正常现象，太失望了，要求青柠汽车给个说法。",
    ),
    (
        "青柠L7刹车失灵，我也遇到了",
        "昨天下坡时刹车失灵，踏板踩不下去，一家人吓坏了，青柠汽车客服推诿，已经投诉。",
    ),
    (
        "车主称青柠L7高速刹车失灵 厂家：正在核实",
        "多名车主向记者反映，青柠L7 在高速行驶中出现刹车失灵，存在安全隐患。青柠汽车回应称正在核实。",
    ),
    (
        "青柠L7刹车异响又变软，还敢开吗",
        "刹车异响一个月，现在踏板变软，制动距离变长，太危险了，建议青柠汽车马上召回。",
    ),
    ("刹得住才安心？青柠汽车这宣传打脸了", "广告说刹得住才安心，结果青柠L7 刹车踩不动，虚假宣传，垃圾售后，后悔买了。"),
)
DECOY = ("青柠味苏打水踩雷", "新出的青柠苏打水太甜了，饮料里一股药味，不会再买。")
NAMES = (
    "海边的修车匠",
    "老周开车",
    "南城小刘",
    "一路向北",
    "不想加班",
    "山里人",
    "木子",
    "阿强",
    "晨跑的猫",
)


def fill(services: Services) -> None:
    """Put everything in; ``services.now`` is NOW."""
    with services.database.write() as connection:
        for name, roles in PEOPLE.items():
            accounts.create(connection, SYSTEM, name, PASSWORD, roles, now=NOW)
        for brand in BRANDS:
            watchlist.save(connection, SYSTEM, brand, now=NOW)
    add_sources(services)
    found = [*calm_days(), *burst()]
    add_mentions(services, found)
    newest = max((mention for mention in found if "刹车" in mention.text), key=lambda mention: mention.seen_at)
    add_mentions(services, [replace(newest, text=f"{newest.text}更新：4S 店已联系我，约了明天检查。")])
    raised = add_alerts(services)
    add_campaigns(services)
    add_incident(services, raised)


def add_sources(services: Services) -> None:
    with services.database.write() as connection:
        for place, (name, kind, platform, tier, _) in enumerate(SITES):
            values = {"item": "li", "link": "a"} if kind is SourceKind.LISTING else {}
            url = f"https://site{place}.example/list"
            source = Source(name=name, kind=kind, url=url, platform=platform, tier=tier, selectors=values)
            sources.save(connection, SYSTEM, source, now=NOW)
            _crawled(services, connection, name, at=NOW - timedelta(days=3) if name == "城市生活论坛" else JUST_NOW)
        broken = SourceChanged("列表选择器没有找到任何条目，页面结构可能已改变")
        for _ in range(3):
            _crawled(services, connection, "城市生活论坛", error=broken)
        quarantine.keep(
            connection,
            source="城市生活论坛",
            raw='<div class="item">联系电话 13812345678 <b>无标题</b></div>',
            error=SourceChanged("详情页没有标题和正文"),
            now=NOW - timedelta(minutes=20),
        )
        url = "https://bbs.example/forum-2-1.html"
        board = Source(name="本地车友论坛", kind=SourceKind.DISCUZ, url=url, platform=Platform.FORUM)
        sources.save(connection, SYSTEM, board, now=NOW)
        waiting = Source(name="省台新闻", kind=SourceKind.FEED, url="https://tv.example/feed", platform=Platform.NEWS)
        sources.save(connection, SYSTEM, waiting, now=NOW)


def _crawled(
    services: Services, connection, name: str, *, error: SourceChanged | None = None, at: datetime = JUST_NOW
) -> None:
    result = CrawlResult(
        source=name,
        started_at=at,
        finished_at=at,
        mentions=0 if error else 18,
        new=0 if error else 6,
        error_code=error.code if error else None,
        error_message=error.message if error else "",
    )
    turn.record_started(connection, name, now=at, interval=timedelta(minutes=10))
    turn.record_finished(connection, result, now=at, interval=timedelta(minutes=10))


def calm_days() -> list[Mention]:
    """About ten mentions a day for 30 days, some of them decoys."""
    chance = random.Random(618)
    found: list[Mention] = []
    for day in range(1, 30):
        for _ in range(chance.randint(7, 13)):
            at = NOW - timedelta(days=day, hours=chance.randint(-8, 6), minutes=chance.randint(0, 59))
            text = DECOY if chance.random() < 0.08 else chance.choice(CALM)
            found.append(_mention(len(found), text, at, chance))
    return found


def burst() -> list[Mention]:
    """The last four hours: more and more, nearly all negative."""
    chance = random.Random(914)
    found: list[Mention] = []
    for hours_ago, count in ((4, 6), (3, 14), (2, 34), (1, 72)):
        for _ in range(count):
            at = NOW - timedelta(hours=hours_ago - 1, minutes=chance.randint(0, 59))
            text = chance.choice(CALM) if chance.random() < 0.1 else chance.choice(BURST)
            found.append(_mention(10_000 + len(found), text, at, chance))
    return found


def _mention(number: int, text: tuple[str, str], at: datetime, chance: random.Random) -> Mention:
    name, _, platform, tier, _ = chance.choices(SITES, weights=[site[-1] for site in SITES])[0]
    title, body = text
    is_news = platform is Platform.NEWS
    return a_mention(
        number,
        url=f"https://{'news' if is_news else 'forum'}.example/{number}.html",
        source=name,
        seen_by=(name,),
        platform=platform,
        tier=tier,
        kind=Kind.ARTICLE if is_news else Kind.POST,
        title=title,
        text=f"{body}{'' if number % 7 else ' 有同样情况的请联系我 13800001234。'}",
        author=chance.choice(NAMES),
        published_at=at,
        seen_at=min(NOW, at + timedelta(minutes=4)),
    )


def add_mentions(services: Services, mentions: Sequence[Mention]) -> None:
    """Through the inbox and the real pipeline."""
    for start in range(0, len(mentions), inbox.BATCH):
        with services.database.write() as connection:
            batch = sorted(mentions, key=lambda each: each.seen_at)[start : start + inbox.BATCH]
            inbox.put(connection, batch, now=NOW)
    Pipeline(services, Analyser, worker="seed").run_until_idle()


def add_alerts(services: Services) -> Merge:
    """A yellow alert that became orange and then red, told on two channels; and an older one that is closed."""
    with services.database.write() as connection:
        for name, kind, options in (
            ("公关群机器人", ChannelKind.WEBHOOK, {"url": "https://robot.example/hook", "secret": "seed"}),
            ("本机日志", ChannelKind.LOG, {}),
        ):
            channel.save(connection, SYSTEM, ChannelConfig(name=name, kind=kind, options=options), now=NOW)
        old = NOW - timedelta(days=9)
        settled = alert.merge(connection, finding(services, Level.YELLOW, old, 11, 15, brand="蓝鲸汽车"), now=old)
        alert.close(connection, LINXIAO, settled.alert.id, outcome=Outcome.HANDLED, note="已联系门店", now=old)
        for level, minutes, negative, total in (
            (Level.YELLOW, 150, 12, 15),
            (Level.ORANGE, 80, 33, 38),
            (Level.RED, 20, 104, 117),
        ):
            at = NOW - timedelta(minutes=minutes)
            merged = alert.merge(connection, finding(services, level, at, negative, total), now=at)
            notify.announce(connection, merged, now=at, public_url="http://tingfeng.example")
    _deliver(services)
    return merged


def finding(
    services: Services, level: Level, at: datetime, negative: int, total: int, *, brand: str = "青柠汽车"
) -> Finding:
    since = at - timedelta(hours=1)
    query = EVERYTHING.where(brand=brand, since=since, until=at)
    page = services.index.search(query.where(sentiment="negative"), limit=5)
    stories = services.index.aggregate(EVERYTHING.where(brand=brand, sentiment="negative"), by=[Dimension.STORY])
    share = negative / total
    return Finding(
        rule_id="negative-burst",
        brand=brand,
        reason=FindingReason.NEGATIVE_BURST,
        level=level,
        story=stories[0].keys[0] if brand == "青柠汽车" else None,
        count=total,
        count_negative=negative,
        expected=1.6,
        share_negative=share,
        window_start=since,
        window_end=at,
        query=str(query),
        explanation=f"近 60 分钟负面 {negative} 条，平时同一时段约 1.6 条；负面占 {share:.0%}",
        samples=tuple(hit.mention.id for hit in page.hits),
    )


def _deliver(services: Services) -> None:
    with services.database.write() as connection:
        due = outbox.due(connection, now=NOW)
        for channel, message_id in [(channel, each) for channel, ids in due.items() for each in ids]:
            delivery = outbox.take(connection, message_id, channel, due=NOW, now=NOW)
            assert delivery is not None
            if channel == "公关群机器人" and "升级为红" in delivery.message.title:
                refused = DeliveryRejected("对方返回错误 310000：消息缺少关键词")
                outbox.record_failure(connection, delivery, refused, now=NOW)
            else:
                receipt = Receipt(provider_id=f"msg-{message_id[:6]}", status=200)
                outbox.record_sent(connection, delivery, receipt, now=NOW)


def add_campaigns(services: Services) -> None:
    """One that promises good brakes, and one that does not."""
    with services.database.write() as connection:
        for name, words, claim, days in (
            ("青柠618安心购", ("刹得住，才安心", "刹车", "618"), "全系标配高性能制动，刹得住，才安心", 3),
            ("周末露营季", ("露营", "后备箱"), "", 14),
        ):
            wanted = Campaign(
                name=name,
                brand="青柠汽车",
                starts_at=NOW - timedelta(days=6),
                ends_at=NOW + timedelta(days=days),
                words=words,
                claim=claim,
                owner="市场部 小唐",
            )
            campaign.save(connection, LINXIAO, wanted, now=NOW - timedelta(days=7))


def add_incident(services: Services, raised: Merge) -> None:
    """Opened when it was orange, worked on since."""
    with services.database.write() as connection:
        at = NOW - timedelta(minutes=79)
        opened = incident.open_for(connection, replace(raised.alert, level=Level.ORANGE), now=at)
        alert.acknowledge(connection, LINXIAO, raised.alert.id, now=NOW - timedelta(minutes=70))
        incident.acknowledge(connection, LINXIAO, opened.id, now=NOW - timedelta(minutes=68))
        first = incident.add_task(
            connection,
            LINXIAO,
            opened.id,
            title="联系首帖车主，了解车况",
            owner="客服 小孟",
            due_at=NOW - timedelta(minutes=10),
            now=NOW - timedelta(minutes=66),
            is_blocker=True,
        )
        for title, owner, hours, is_blocker in (
            ("质量部给出检测数据", "质量部 何工", -1, True),
            ("15:39 前发布首次回应", "林晓", 1, True),
            ("暂停 618 短视频投放", "市场部 小唐", 2, False),
        ):
            incident.add_task(
                connection,
                LINXIAO,
                opened.id,
                title=title,
                owner=owner,
                due_at=NOW + timedelta(hours=hours),
                now=NOW - timedelta(minutes=60),
                is_blocker=is_blocker,
            )
        proof = "已通话，车辆送检，工单 2026-0616-03"
        incident.finish_task(connection, LINXIAO, first.id, proof=proof, now=NOW - timedelta(minutes=30))
        incident.open_for(connection, raised.alert, now=NOW - timedelta(minutes=20))
        note = "媒体来电两次，统一口径已发客服"
        incident.add_note(connection, LINXIAO, opened.id, text=note, now=NOW - timedelta(minutes=15))
        found = suspect.suspects(connection, LINXIAO, opened, now=NOW)
        suspect.link(connection, LINXIAO, opened.id, found[0].campaign.id, now=NOW - timedelta(minutes=12))
    draft = "青柠汽车高度重视车主反馈。我司产品绝对安全，经国家级检测，目前0故障。该车主王某某，电话13800001234。"
    statement_check.check_text(
        services.database, LINXIAO, opened.id, draft, Context.STATEMENT, now=NOW - timedelta(minutes=8)
    )
