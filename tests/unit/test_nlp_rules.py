"""Risk classes, aspects and negation by dictionary."""

import re

import pytest

from nlp.aspects import aspects
from nlp.negation import is_negated
from nlp.risk import risks
from nlp.rules import INDUSTRY_PACKS, load_pack


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("没有召回", True), ("並未發生召回", True), ("从来没有遇到过召回", True), ("零召回", True), ("不是召回", True),
        ("召回", False), ("宣布召回", False), ("没有问题，召回", False), ("特别召回", False), ("不得不召回", False),
        ("不断召回", False), ("没有解决召回", False), ("拒不承认召回", False), ("不是没有召回", False),
    ],
)  # fmt: skip
def test_negation(text: str, negated: bool) -> None:
    assert is_negated(text, text.index("召回")) is negated


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("青柠L7高速上刹车踩不动", ["safety"]),
        ("没有召回，也没有起火", []),
        ("事故致三人死亡，公司被立案调查", ["casualty", "legal"]),
        ("面包里吃出蟑螂，吃完上吐下泻", ["food_safety"]),
        ("说好的续航，结果续航虚标，这是虚假宣传", ["advertising"]),
        ("拖欠工资，员工爆料", ["labour"]),
        ("用户数据泄露，暗网有售", ["data_leak"]),
        ("周末去露营", []),
        ("", []),
    ],
)
def test_risk_classes(text: str, names: list[str]) -> None:
    labels = risks("", text)
    assert [label.name for label in labels] == names
    assert all(text[r.start : r.end] == r.words and r.words for label in labels for r in label.reasons)


def test_risks_of_the_title_have_spans_of_the_title() -> None:
    (label,) = risks("厂家召回", "详见公告")
    assert [(r.part, r.start, r.end) for r in label.reasons] == [("title", 2, 4)]


def test_aspects_are_named_whatever_is_said_about_them() -> None:
    assert [label.name for label in aspects("", "刹车没有毛病，续航一般，价格便宜")] == ["价格", "质量", "刹车", "续航"]


@pytest.mark.parametrize("pack", INDUSTRY_PACKS)
def test_packs_are_well_formed(pack: str) -> None:
    sections = load_pack(pack)
    assert sections.keys() == {"risks", "aspects"}
    assert all(re.fullmatch("[a-z_]+", name) for name in sections["risks"])
    for classes in sections.values():
        for name, words in classes.items():
            assert len(words) == len(set(words)), name
            assert all(len(word) > 1 for word in words), name
