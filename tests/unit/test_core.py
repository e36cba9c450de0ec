"""The words everybody uses: record, normaliser, settings, errors."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.database import storable
from core.errors import ConfigurationError, InvalidInput, InvalidQuery
from core.mention import DatePrecision, content_digest, from_dict, from_json, mention_id, to_dict, to_json
from core.normalise import canonical_url, fold
from core.settings import named_secret, read_settings, secret_key
from core.watchlist import from_definition, version
from tests.factories import NOON, a_mention, an_analysis


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_folding_joins_what_readers_call_equal() -> None:
    assert fold("ＱＮ　Ｌ７剎車失靈") == "qn l7刹车失灵"
    assert fold("İ") == "İ", "a lower case of two characters would move every place after it"


@given(st.text())
def test_storable_keeps_every_place(text: str) -> None:
    kept = storable(text)
    assert len(kept) == len(text)
    kept.encode()


@pytest.mark.parametrize(
    ("given_url", "canonical"),
    [
        ("HTTP://Forum.Example:80/a?b=1#top", "http://forum.example/a?b=1"),
        ("https://news.example/a?utm_source=x&id=7&spm=1.2", "https://news.example/a?id=7"),
        (
            "https://news.example/新闻?标题=青柠",
            "https://news.example/%E6%96%B0%E9%97%BB?%E6%A0%87%E9%A2%98=%E9%9D%92%E6%9F%A0",
        ),
        ("https://news.example/a?b=1&a=2", "https://news.example/a?b=1&a=2"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example/a%20b?c=%C7%E0", "https://news.example/a%20b?c=%C7%E0"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
    ],
)
def test_canonical_addresses(given_url: str, canonical: str) -> None:
    assert canonical_url(given_url) == canonical
    assert canonical_url(canonical) == canonical


def test_relative_addresses_need_a_base() -> None:
    assert canonical_url("../b.html", "https://news.example/x/y/a.html") == "https://news.example/x/b.html"
    for bad in ("b.html", "javascript:alert(1)", "http://", "http://a:b:c/", "file:///etc/passwd", "http://[::1"):
        with pytest.raises(InvalidInput):
            canonical_url(bad)


@given(st.text())
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        canonical = canonical_url("https://h.example/" + text)
    except InvalidInput:
        return
    assert canonical_url(canonical) == canonical


def test_the_id_comes_from_the_place_not_from_the_source() -> None:
    assert mention_id("https://a.example/1") == mention_id("https://a.example/1")
    assert mention_id("https://a.example/1", "77") == mention_id("https://a.example/other", "77")
    assert mention_id("https://a.example/1", "77") != mention_id("https://b.example/1", "77")


@given(
    st.text(), st.text(), st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
)
def test_a_mention_survives_its_line(title: str, text: str, published_at: datetime | None) -> None:
    mention = a_mention(
        1, title=storable(title), text=storable(text), published_at=published_at, analysis=an_analysis()
    )
    assert from_json(to_json(mention)) == mention
    assert from_dict(to_dict(mention)) == mention


@given(
    st.binary()
    | st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(repr).map(str.encode)
)
def test_any_line_is_a_mention_or_a_clear_error(line: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_json(line)


def test_times_without_a_zone_are_shanghai_times() -> None:
    values = to_dict(a_mention(1)) | {"published_at": "2026-06-16T12:00:00"}
    assert from_dict(values).published_at == NOON


def test_times_are_printed_for_shanghai_and_days_as_days() -> None:
    values = to_dict(a_mention(1, order_key=2**60))
    assert (values["published_at"], values["order_key"]) == ("2026-06-16T12:00:00+08:00", str(2**60))
    day = NOON.replace(hour=16, day=14)
    assert to_dict(a_mention(1, published_at=day, date_precision=DatePrecision.DAY))["published_at"] == "2026-06-15"
    with pytest.raises(InvalidInput, match="9999"):
        from_dict(values | {"published_at": "9999-12-31T23:59:59Z"})


def test_order_time_and_bursts() -> None:
    seen = NOON
    late = a_mention(1, published_at=seen + timedelta(minutes=1), seen_at=seen)
    assert late.order_time == seen, "a date in the future is not believed"
    assert a_mention(1, published_at=None, date_precision=None).order_time == seen
    assert a_mention(1, published_at=seen - timedelta(hours=48), seen_at=seen).counts_in_bursts
    for values in (
        {"published_at": seen - timedelta(hours=48, seconds=1)},
        {"date_precision": DatePrecision.DAY},
        {"published_at": None},
    ):
        assert not a_mention(1, seen_at=seen, **values).counts_in_bursts


def test_the_digest_sees_edits_only() -> None:
    assert content_digest(a_mention(1)) == content_digest(a_mention(1, seen_by=("另一个",), revision=9))
    assert content_digest(a_mention(1)) != content_digest(a_mention(1, text="改"))


def test_a_named_secret_is_in_the_environment_or_in_a_private_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINGFENG_SECRET_SHOP", "of the environment")
    (tmp_path / ".env").write_text("TINGFENG_SECRET_Blog=of the file\n")
    (tmp_path / "secrets").mkdir()
    for name, mode in (("own", 0o600), ("open", 0o640), ("empty", 0o600)):
        (tmp_path / "secrets" / name).write_text(f"{name}\n" if name != "empty" else "\n")
        (tmp_path / "secrets" / name).chmod(mode)
    settings = read_settings(data_dir=tmp_path)
    found = [named_secret(settings, name) for name in ("shop", "BLOG", "own")]
    assert found == ["of the environment", "of the file", "own"]
    for name, words in (("open", "chmod 600"), ("empty", "TINGFENG_SECRET_EMPTY"), ("none", "TINGFENG_SECRET_NONE")):
        with pytest.raises(ConfigurationError, match=words):
            named_secret(settings, name)


def test_settings_have_defaults_and_refuse_unknown_names(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings(data_dir=tmp_path)
    assert settings.state_url.endswith("state.sqlite3")
    monkeypatch.setenv("TINGFENG_PROT", "80")
    with pytest.raises(ConfigurationError, match="TINGFENG_PROT"):
        read_settings()
    monkeypatch.delenv("TINGFENG_PROT")
    monkeypatch.setenv("TINGFENG_PORT", "many")
    with pytest.raises(ConfigurationError, match="TINGFENG_PORT"):
        read_settings()


def test_secrets_are_masked_and_private(tmp_path: Path) -> None:
    settings = read_settings(
        data_dir=tmp_path, database_url="postgresql://tf:geheim@db.example/tf", elasticsearch_api_key="geheim"
    )
    assert "geheim" not in str(settings.masked())
    assert secret_key(settings) == secret_key(settings)
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


def test_brands_are_read_strictly() -> None:
    brand = from_definition({"name": " 青柠汽车 ", "aliases": ["青柠L7", "青柠L7", " "], "is_own": False})
    assert (brand.name, brand.aliases, brand.is_own) == ("青柠汽车", ("青柠L7",), False)
    for bad in ({}, {"name": "x", "alias": []}, {"name": "x", "aliases": "y"}, {"name": "x", "enabled": "yes"}):
        with pytest.raises(ConfigurationError):
            from_definition(bad)
    assert version([brand]) != version([])


def test_error_codes_are_unique_and_say_what_to_do() -> None:
    assert len(errors.all_codes()) == len(set(errors.all_codes()))
    refused = InvalidQuery("缺少右括号", position=7)
    assert (refused.http_status, refused.details, refused.retryable) == (400, {"position": 7}, False)
    assert refused.as_line() == {"code": "invalid_query", "message": "缺少右括号"}
