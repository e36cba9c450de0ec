"""Why a campaign is a suspect, on plain values."""

from datetime import UTC, datetime, timedelta

import pytest

from response.campaign import Campaign, CampaignStatus
from response.suspect import Topic, reasons

NOW = datetime(2026, 6, 16, 6, 30, tzinfo=UTC)
BRAKES = Topic(
    title="青柠汽车负面突增：高速上刹车踩不动",
    texts=("青柠L7剎車失靈", "又是刹车，售后说正常", "刹车异响，制动距离变长", "制动还行，露营挺好"),
    keywords=("刹车", "制动", "失灵", "露营", "价格"),
)


def a_campaign(**values: object) -> Campaign:
    given: dict[str, object] = {
        "name": "青柠618安心购",
        "brand": "青柠汽车",
        "starts_at": datetime(2026, 6, 9, 16, tzinfo=UTC),
        "ends_at": datetime(2026, 6, 18, 16, tzinfo=UTC),  # midnight after the 18th in Shanghai
    }
    return Campaign(**given | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ("同品牌正在进行（至 6月18日）",)),
        (
            {"starts_at": datetime(2026, 6, 20, 16, tzinfo=UTC), "ends_at": datetime(2026, 6, 30, 16, tzinfo=UTC)},
            ("同品牌即将开始（6月21日）",),
        ),
        ({"words": ("刹车", "优惠")}, ("同品牌正在进行（至 6月18日）", "共同关键词：刹车")),
        ({"words": ("剎車",)}, ("同品牌正在进行（至 6月18日）", "共同关键词：剎車")),
        ({"claim": "全系标配高性能制动"}, ("同品牌正在进行（至 6月18日）", "宣传语涉及：制动")),
        ({"words": ("刹车",), "claim": "刹车更稳"}, ("同品牌正在进行（至 6月18日）", "共同关键词：刹车")),
        ({"words": ("音乐节",), "claim": "夏日清凉"}, ("同品牌正在进行（至 6月18日）",)),
    ],
)
def test_reasons(values: dict[str, object], expected: tuple[str, ...]) -> None:
    assert reasons(a_campaign(**values), BRAKES, now=NOW) == expected


def test_a_word_of_one_text_among_many_is_chance() -> None:
    texts = ("刹车失灵",) * 9 + ("顺便问下露营装备",)
    assert not Topic(title="负面突增", texts=texts).is_about("露营")
    assert Topic(title="负面突增", texts=texts).is_about("刹车")
    assert not Topic(title="负面突增").is_about("刹车")


def test_the_status_follows_the_time() -> None:
    campaign = a_campaign()
    moments = [campaign.starts_at - timedelta(seconds=1), campaign.starts_at, campaign.ends_at]
    assert [campaign.status(moment) for moment in moments] == list(CampaignStatus)
