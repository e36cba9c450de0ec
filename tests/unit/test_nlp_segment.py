"""Segmentation with both libraries: nothing lost, names whole, the same words."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from nlp import segment
from nlp.segment import Segmenter

NAMES = ("青柠L7", "QN L7", "遥遥领先号")
LIBRARIES = {name: Segmenter(name, NAMES) for name in ("rjieba", "jieba")}
SENTENCES = [
    "青柠L7在绕城高速上突然刹车失灵，厂家表示正在核实",
    "客服踢皮球踢了三个月，到现在也没有给我一个说法",
    "南城都市报记者昨日走访了临港工厂的总装车间",
    "买了T恤和U盘，2.0T的发动机，价格9.98万，涨了3.5%",
    "詳情請見官網，車輛已經召回",
    "官网 https://qingning.example/a_b?c=1-2&d=3 电话010-00000000",
    "哈哈哈哈哈哈哈😀😀\u200b！！！\r\n\t　全角ＡＢＣ１２３",
    "龘䶮𠮷野家", "", " \n ",
]  # fmt: skip


@pytest.fixture(params=LIBRARIES)
def segmenter(request: pytest.FixtureRequest) -> Segmenter:
    return LIBRARIES[request.param]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我爱北京天安门", ["我", "爱", "北京", "天安门"]),
        ("刹车失灵了", ["刹车", "失灵", "了"]),
        ("剎車失靈了", ["剎車", "失靈", "了"]),
        ("新买的T恤", ["新买", "的", "T恤"]),
        ("9.98万", ["9.98", "万"]),
        ("青柠 L7真好", ["青柠 L7", "真", "好"]),
        ("qnl7真好", ["qnl7", "真", "好"]),
        ("这遥遥领先号称第一", ["这", "遥遥领先号", "称", "第一"]),
        ("好\r\n，\ud800。", ["好", "\r\n", "，", "\ud800", "。"]),
    ],
)
def test_words(segmenter: Segmenter, text: str, words: list[str]) -> None:
    assert segmenter.cut(text) == words


@pytest.mark.parametrize("text", SENTENCES)
def test_both_libraries_give_the_same_words(text: str) -> None:
    assert LIBRARIES["rjieba"].cut(text) == LIBRARIES["jieba"].cut(text)


@given(st.one_of(st.text(), st.text("青柠L7 QN刹车失灵车0123.９Ａ\u200b\n\ud800😀𠮷龥鿕鿖", max_size=60)))
def test_nothing_is_lost_and_both_agree(text: str) -> None:
    words = LIBRARIES["rjieba"].cut(text)
    assert "".join(words) == text
    assert all(words)
    assert words == LIBRARIES["jieba"].cut(text)


@pytest.mark.parametrize("text", ["哈" * 10_000, "1" * 10_000, "1." * 5_000, "a" * 10_000, "\ud800" * 10_000])
def test_long_repeats(segmenter: Segmenter, text: str) -> None:
    assert "".join(segmenter.cut(text)) == text


def test_names_and_versions() -> None:
    assert Segmenter().name == "rjieba"
    assert LIBRARIES["jieba"].version.startswith("jieba-0.")
    assert LIBRARIES["rjieba"].version.startswith("rjieba-0.")


def test_without_rjieba_auto_is_jieba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "HAS_RJIEBA", False)
    assert Segmenter().name == "jieba"
    with pytest.raises(ConfigurationError, match="rjieba"):
        Segmenter("rjieba")


def test_an_unknown_library_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="hanlp"):
        Segmenter("hanlp")


def test_jieba_is_silent_and_writes_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    segment._jieba.cache_clear()
    assert Segmenter("jieba").cut("我爱北京") == ["我", "爱", "北京"]
    assert (caplog.records, list(tmp_path.iterdir())) == ([], [])
