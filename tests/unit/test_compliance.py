"""Compliance of a text: rules are data, exceptions are weighed, places point into the original."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from response.compliance.check import ComplianceReport, Verdict, check
from response.compliance.rule import Context, Effect, Level, built_in_packs, read_packs

RULES = [(rule, context) for pack in built_in_packs().packs for rule in pack.rules for context in rule.levels]
POSITIVE = [(rule, context, text) for rule, context in RULES for text in rule.positive]
NEGATIVE = [(rule, context, text) for rule, context in RULES for text in rule.negative]


def advert(text: str) -> ComplianceReport:
    return check(text, context=Context.ADVERT)


def quotes(report: ComplianceReport) -> list[tuple[str, str, Level]]:
    return [(finding.rule, finding.quote, finding.level) for finding in report.findings]


@pytest.mark.parametrize(("rule", "context", "text"), POSITIVE)
def test_each_rule_fires_on_its_own_examples(rule, context, text):
    found = [one for one in check(text, context=context).findings if one.rule == rule.id and one.exemption is None]
    assert found
    assert {one.level for one in found} == {rule.levels[context]}


@pytest.mark.parametrize(("rule", "context", "text"), NEGATIVE)
def test_no_rule_fires_on_what_it_calls_harmless(rule, context, text):
    unexcused = [one for one in check(text, context=context).findings if one.rule == rule.id and one.exemption is None]
    assert unexcused == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("本店的最 佳 之选", "最 佳"),
        ("本店的最·佳之选", "最·佳"),
        ("本店的最🔥佳之选", "最🔥佳"),
        ("本店的最\u200b佳之选", "最\u200b佳"),
        ("本店的蕞佳之选", "蕞佳"),
        ("頂級用料", "頂級"),
        ("人气ＮＯ．１，先到先得", "ＮＯ．１"),
        ("人气N0.1，先到先得", "N0.1"),
        ("人气№1，先到先得", "№1"),
        ("人气 Top 1，先到先得", "Top 1"),
        ("国家级品质，国家级享受", "国家级"),
    ],
)
def test_disguises_are_read_and_quoted_as_written(text, quote):
    first = advert(text).findings[0]
    assert (first.quote, first.start, first.end) == (quote, text.index(quote), text.index(quote) + len(quote))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("全球最舒适的座椅", [("A01", "全球最舒适", Level.BLOCK)]),
        ("最近新开，最后三天", []),
        ("最新一期周刊，第一次试读", []),
        ("第一步拆箱，第一天充电，第一时间联系我们", []),
        ("设备自带唯一编号", []),
        ("全市唯一的夜间宠物诊所", [("A02", "全市唯一", Level.EVIDENCE)]),
        ("水龙头", []),
        ("家电行业龙头", [("A02", "行业龙头", Level.EVIDENCE)]),
        ("NO.12号桌", []),
        ("排名第一批发货", []),
    ],
)
def test_kinds_of_claims(text, expected):
    assert quotes(advert(text)) == expected


@pytest.mark.parametrize(
    ("text", "exemption"),
    [
        ("服务第一，口碑至上，努力做到最好。", "X2"),
        ("成为全国最大的滑雪学校，是我们的愿景。", "X2"),
        ("同系列里最薄的一款。", "X3"),
        ("本店最受欢迎的面包是盐可颂。", "X3"),
        ("最佳饮用期为三个月。", "X4"),
        ("按国家标准，本机达到最高级能效。", "X5"),
        ("电影《最美的秋天》周边。", "X6"),
        ("世界级难题有了新解法。", "X9"),
        ("请删除“顶级”一词。", "X10"),
        ("我们不是最便宜的。", "X10"),
    ],
)
def test_circumstances_that_clear_a_phrase_are_named(text, exemption):
    report = advert(text)
    assert report.findings == ()
    assert report.verdict is Verdict.CLEAR
    assert [one.exemption.id for one in report.cleared if one.exemption] == [exemption]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("同系列里最薄，也是全国最薄的手机", "A01"),  # a range outside the brand is no internal comparison
        ("不仅是最好的，也是最贵的", "A01"),  # not a negation
        ("我们追求口感，这是全城最香的面", "A01"),  # the wish stands in another clause
        ("“顶级”工艺，放心选购", "A01"),  # quotation marks alone excuse nothing
    ],
)
def test_a_circumstance_must_fit(text, rule):
    assert [one.rule for one in advert(text).findings if one.exemption is None] == [rule]


def test_facts_with_a_source_go_to_a_person_and_cited_ranks_need_proof():
    fact = advert("我国首台该型号起重船（验收编号见省交通厅公告）").findings
    assert [(one.level, one.exemption.id, one.exemption.effect) for one in fact if one.exemption] == [
        (Level.WARN, "X8", Effect.REVIEW)
    ]
    cited = advert("二〇二五年全国销量第一（数据来源：某协会年度报告）")
    assert [(rule, level) for rule, _, level in quotes(cited)] == [("A02", Level.EVIDENCE)]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("顶级享受，行业第一", Verdict.REVISE),
        ("行业第一", Verdict.PROVE),
        ("电话13800001234", Verdict.REVIEW),
        ("周末营业到十点", Verdict.CLEAR),
        ("", Verdict.CLEAR),
    ],
)
def test_the_gravest_finding_decides(text, verdict):
    assert advert(text).verdict is verdict


def test_a_statement_is_no_advert():
    text = "我们使用最好的原料。顾客李某，电话13800001234。"
    report = check(text, context=Context.STATEMENT)
    assert quotes(report) == [("A01", "最好的", Level.WARN), ("R04", "13800001234", Level.BLOCK)]
    assert report.pack_version == built_in_packs().version


def test_findings_carry_article_reason_and_advice():
    finding = advert("顶级享受").findings[0]
    assert "广告法 9(3)" in finding.articles
    assert finding.reason
    assert finding.suggestion


PIECES = st.sampled_from(
    [
        "最",
        "好",
        "佳",
        "全国",
        "第一",
        "唯一",
        " ",
        "·",
        "“",
        "”",
        "《",
        "。",
        "，",
        "no",
        "№",
        ".1",
        "İ",
        "ﬁ",
        "🔥",
        "\u200b",
    ]
    + ["国家级", "不是", "同系列", "愿望", "13800001234", "没有", "比得上", "品牌"]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=20).map("".join)), st.sampled_from(Context))
def test_any_text_is_checked_and_every_quote_is_in_it(text, context):
    report = check(text, context=context)
    for finding in report.findings + report.cleared:
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.quote == text[finding.start : finding.end]
    assert (report.verdict is Verdict.CLEAR) == (not report.findings)


@pytest.mark.parametrize("unit", ["全国", "最", "没有人", "“", "排名全国", "行业 ", "最好的，" * 3 + "甲" * 200])
def test_hostile_texts_are_finished(unit):
    assert advert((unit * 20_000)[:20_000]).pack_version


PACK = """
id: own
title: 自有规则
version: "1"
classes:
  drink: [奶茶, 咖啡]
exemptions:
  - {id: E1, title: 玩笑, articles: [], effect: clear, reach: sentence, patterns: [玩笑]}
rules:
  - id: B01
    title: 续命饮品
    articles: [自有守则 1]
    levels: {advert: warn}
    patterns: ['{drink}续命.{0,2}']
    exemptions: [E1]
    reason: 夸大饮品作用。
    suggestion: 删除。
    effective_from: 2026-01-01
    verified: memory
    positive: [奶茶续命。]
    negative: [奶茶好喝。]
"""


def pack_of(folder, text):
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return read_packs(folder)


def test_packs_are_data(tmp_path):
    packs = pack_of(tmp_path, PACK)
    assert packs.version == "own 1"
    assert quotes(check("每天靠咖啡续命呀", context=Context.ADVERT, packs=packs)) == [("B01", "咖啡续命呀", Level.WARN)]
    assert check("开个玩笑，咖啡续命", context=Context.ADVERT, packs=packs).findings == ()
    assert check("咖啡续命", context=Context.STATEMENT, packs=packs).findings == ()


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("classes:", "classes: [", "第 7 行"),
        ("{drink}", "{food}", "classes"),
        ("'{drink}续命.{0,2}'", "'(没有右括号'", "rules.0.patterns.0"),
        ("    reason: 夸大饮品作用。\n", "", "rules.0.reason"),
        ("advert: warn", "advert: fatal", "rules.0.levels.advert"),
        ("verified: memory", "verified: memory\n    colour: red", "rules.0.colour"),
        ("exemptions: [E1]", "exemptions: [E9]", "整个文件"),
        ("    patterns: ['{drink}续命.{0,2}']\n", "", "rules.0"),
        ("2026-01-01", "2026-13-01", "整个文件"),
        ("reason: 夸大", "reason: \x01夸大", "整个文件"),
        ("2026-01-01", "昨天", "rules.0.effective_from"),
        (PACK, "", "整个文件"),
        (PACK, "- 一\n- 二", "整个文件"),
    ],
)
def test_a_broken_pack_is_named_with_its_place(tmp_path, old, new, place):
    assert pack_of(tmp_path, PACK)
    with pytest.raises(ConfigurationError) as caught:
        pack_of(tmp_path, PACK.replace(old, new))
    assert caught.value.details == {"file": "own.yaml", "place": place}
    assert "own.yaml" in caught.value.message
    assert place in caught.value.message


def test_unreadable_empty_and_doubled_packs_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="没有规则包"):
        read_packs(tmp_path)
    (tmp_path / "a.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(PACK, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="B01"):
        read_packs(tmp_path)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"b\.yaml"):
        read_packs(tmp_path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
@settings(max_examples=30)
def test_any_yaml_is_a_pack_or_a_named_error(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("packs")
    text = yaml.safe_dump({"rules": content, "classes": content}, allow_unicode=True)
    with pytest.raises(ConfigurationError):
        pack_of(folder, text)
