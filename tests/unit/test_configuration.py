"""Settings and tingfeng.yaml: what cannot be read is one clear sentence with its line, never a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import channel, rule
from app import configuration
from core import plain_yaml, watchlist
from core.errors import ConfigurationError
from core.settings import read_settings
from crawler import definition

BOMB = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a]\n" for n in range(9))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("brands:\n- name: x\n  aliases: " + "[" * 5000, "第 3 行.*20 层"),
        ("brands: " + "[" * 30 + "]" * 30, "第 1 行.*20 层"),
        (BOMB, "第 2 行.*锚点"),
        ("a: &a [*a]", "第 1 行.*锚点"),
        ("brands: []\n\nbrands: []", "第 3 行.*brands 重复"),
        ("brands:\n- name: x\n  name: y", "第 3 行.*name 重复"),
        ("brands:\n- 2024: x", "第 2 行.*键应为文字"),
        ("brands:\n- ? [a]\n  : x", "第 2 行.*键应为文字"),
        ("brands:\n- name: !!int x", "第 2 行.*加引号"),
        ("brands:\n- name: 0b_", "第 2 行.*加引号"),
        ("brands:\n- name: !!timestamp x", "第 2 行"),
        ("brands:\n- name: !!python/name:os.system x", "第 2 行"),
        ("brands:\n- name: a\x07b", "第 2 行"),
        ("brands: [\n'x", "第 2 行"),
        ("false", "最外层"),
        ("[]", "最外层"),
        ("brands: false", "brands 应为列表"),
        ("public_url: [http://]", "public_url"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"tingfeng.yaml.*{told}"):
        _read(tmp_path, content.encode())


def test_plain_files_are_read_as_written(tmp_path: Path) -> None:
    for empty in (b"", b"# nothing\n", b"\xef\xbb\xbf", b"brands:\n"):
        assert _read(tmp_path, empty).sections["brands"] == ()
    (brand,) = _read(tmp_path, "\ufeffbrands:\n\n- {name: 2024-01-01, aliases: [2024-13-45, 911]}".encode()).sections[
        "brands"
    ]
    assert (brand, brand.line) == ({"name": "2024-01-01", "aliases": ["2024-13-45", 911]}, 3)
    assert watchlist.from_definition(brand).aliases == ("2024-13-45", "911")
    assert watchlist.from_definition({"name": 360}).name == "360"
    for slip in (True, None, ["x"], {"x": 1}):
        with pytest.raises(ConfigurationError, match="aliases"):
            watchlist.from_definition({"name": "x", "aliases": [slip]})
    with pytest.raises(ConfigurationError, match="UTF-8"):
        _read(tmp_path, "brands: [{name: 青柠}]".encode("gbk"))
    with pytest.raises(ConfigurationError, match="无法读取"):
        configuration.read(tmp_path)


def test_words_stay_as_written_and_numbers_are_numbers(tmp_path: Path) -> None:
    words = ["007", "010", "12:30", "3.10", "1_000", "0x10", "+86", "-0", ".5", "1.", "0b11", "1.0e+3", "911", "3.5"]
    content = f"""
brands: [{{name: 007, aliases: [{", ".join(words)}]}}]
sources: [{{name: 论坛, kind: feed, url: "https://a.example/", crawl_delay_seconds: 2.50, interval_minutes: 60}}]
rules: [{{brand: 007, window_minutes: 60, minimum_share_negative: 0.40, factor: 3.0, minimum_count: 010}}]
"""
    sections = _read(tmp_path, content.encode()).sections
    brand = watchlist.from_definition(sections["brands"][0])
    assert (brand.name, brand.aliases) == ("007", tuple(words))
    source = definition.from_definition(sections["sources"][0])
    assert (source.crawl_delay_seconds, source.interval_minutes) == (2.5, 60)
    found = rule.from_definition(sections["rules"][0])
    assert (found.window_minutes, found.minimum_share_negative, found.factor, found.minimum_count) == (60, 0.4, 3, 10)
    for slip in ("12:30", "0x10", ".inf", ".nan", "一", "60.5", "true", "~"):
        (values,) = _read(tmp_path, f"rules: [{{brand: x, window_minutes: {slip}}}]".encode()).sections["rules"]
        with pytest.raises(ConfigurationError, match="window_minutes"):
            rule.from_definition(values)


PIECES = st.sampled_from(
    ["brands", "sources", "rules", "name", ": ", ":\n", "- ", "\n", "  ", "[", "]", "{", "}", "&a ", "*a", "? ", "<<: "]
    + [
        "!!int ",
        "!!set ",
        "!!omap ",
        "!!binary ",
        "2024-01-01",
        "0x",
        ".inf",
        "~",
        "yes",
        "'",
        '"',
        "\\uD800",
        "|",
        "%",
    ]
)
READERS = [watchlist.from_definition, rule.from_definition, channel.from_definition, definition.from_definition]
KEYS = ["name", "kind", "url", "aliases", "brand", "query", "factor", "options", "enabled", "selectors"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
)


@settings(suppress_health_check=list(HealthCheck))
@given(st.binary() | st.text().map(str.encode) | st.lists(PIECES).map("".join).map(str.encode))
def test_any_file_is_a_configuration_or_a_clear_error(tmp_path: Path, raw: bytes) -> None:
    try:
        found = _read(tmp_path, raw)
    except ConfigurationError as error:
        assert "tingfeng.yaml" in error.message
    else:
        assert set(found.sections) == set(configuration.SECTIONS)


@given(
    st.sampled_from(READERS),
    st.dictionaries(
        st.sampled_from(KEYS) | st.text(),
        VALUES | st.sampled_from(["feed", "listing", "log", "webhook", "https://a.example/"]),
    ),
)
def test_any_entry_is_read_or_refused_clearly(read, values) -> None:
    try:
        read(values)
    except ConfigurationError as error:
        assert error.message


def test_unknown_settings_are_refused_wherever_they_stand(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".env"
    file.write_text("OTHER=1\nTINGFENG_PORT=81\ntingfeng_host=::1\nTINGFENG_TEST_X=1\n", encoding="utf-8")
    assert (read_settings().port, read_settings().host) == (81, "::1")
    for name in ("TINGFENG_PROT", "tingfeng_prot"):
        file.write_text(f"{name}=81\n", encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"TINGFENG_PROT，是不是 TINGFENG_PORT？"):
            read_settings()
    file.write_bytes("TINGFENG_HOST=青柠".encode("gbk"))
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_settings()
    file.unlink()
    monkeypatch.setenv("TINGFENG_HSAH_AUTHOR", "1")
    with pytest.raises(ConfigurationError, match=r"是不是 TINGFENG_HASH_AUTHORS？"):
        read_settings()
    monkeypatch.delenv("TINGFENG_HSAH_AUTHOR")
    monkeypatch.setenv("TINGFENG_XYZZY", "1")
    with pytest.raises(ConfigurationError, match=r"TINGFENG_XYZZY；全部设置"):
        read_settings()


def test_a_source_file_is_read_by_the_same_rules() -> None:
    with pytest.raises(ConfigurationError, match=r"来源文件第 2 行.*name 重复"):
        definition.from_yaml("name: 论坛\nname: 论坛")
    assert plain_yaml.load("", "x") is None


def _read(folder: Path, raw: bytes) -> configuration.Configuration:
    file = folder / "tingfeng.yaml"
    file.write_bytes(raw)
    return configuration.read(file)
