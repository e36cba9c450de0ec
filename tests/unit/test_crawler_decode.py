"""Bytes to text, whatever is declared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.decode import Decoded, decode

TEXT = "<p>青柠汽车 L7 在高速上刹车变软，车主要求厂家说明</p>"
META = "<meta charset='{}'>"


@pytest.mark.parametrize(
    ("body", "content_type", "charset"),
    [
        (TEXT.encode(), "", "utf-8"),
        (TEXT.encode(), "text/html; charset=gbk", "utf-8"),
        (TEXT.encode(), "text/html; charset=iso-8859-1", "utf-8"),
        (TEXT.encode("gbk"), "", "gb18030"),
        (TEXT.encode("gbk"), "text/html; charset=utf-8", "gb18030"),
        (TEXT.encode("gbk"), "text/html; charset=ISO-8859-1", "gb18030"),
        (TEXT.encode("gbk"), "text/html; charset=hex", "gb18030"),
        ((META.format("utf-8") + TEXT).encode("gb18030"), "text/html", "gb18030"),
        ((META.format("gb2312") + TEXT).encode("gbk"), "text/html", "gb18030"),
        (TEXT.encode("utf-16"), "", "utf-16-le"),
        (TEXT.encode("utf-8-sig"), "text/html; charset=gbk", "utf-8"),
        (b"<?xml version='1.0' encoding='gb2312'?>" + TEXT.encode("gbk"), "text/xml", "gb18030"),
    ],
)
def test_declared_charset_is_a_hint(body: bytes, content_type: str, charset: str) -> None:
    found = decode(body, content_type)
    assert found.charset == charset
    assert found.text.endswith(TEXT)


@pytest.mark.parametrize("content_type", ["", "text/html; charset=utf-8", "text/html; charset=gbk"])
def test_a_piece_in_another_charset_does_not_turn_the_page(content_type: str) -> None:
    advertisement = "<div>厂家直销，欢迎来电</div>"
    mixed = decode(TEXT.encode() + advertisement.encode("gbk") + TEXT.encode(), content_type)
    assert mixed.text.startswith(TEXT) and mixed.text.endswith(TEXT)
    turned = decode(TEXT.encode("gbk") + advertisement.encode() + TEXT.encode("gbk"), content_type)
    assert turned.charset == "gb18030" and turned.text.startswith(TEXT)


def test_declared_big5_is_read() -> None:
    text = "青檸汽車在高速公路上煞車失靈"
    assert decode(text.encode("big5"), "text/html; charset=big5").text == text


@pytest.mark.parametrize(
    ("text", "charset"), [(TEXT, "gb18030"), ("<p>青檸汽車的煞車在高速公路上失靈了</p>", "big5hkscs")]
)
def test_charset_that_nothing_declares_is_told_by_common_characters(text: str, charset: str) -> None:
    body = text.encode(charset)
    assert (decode(body), decode(body, "text/html; charset=utf-8")) == (Decoded(text, charset),) * 2


def test_few_characters_are_read_as_declared() -> None:
    body = "拢拢".encode("gbk")  # which happens to be valid UTF-8
    assert body.decode("utf-8") == "££"
    assert decode(body, "text/html; charset=gbk").text == "拢拢"
    assert decode(body).text == "££"


def test_one_broken_byte_does_not_turn_the_page() -> None:
    body = (TEXT * 20).encode()
    broken = body[:1000] + b"\xff" + body[1000:]
    assert decode(broken, "text/html; charset=utf-8").text.count("青柠汽车") >= 19


@given(st.binary(), st.text(max_size=40))
def test_any_bytes_become_storable_text(body: bytes, content_type: str) -> None:
    decode(body, content_type).text.encode("utf-8")


@given(st.binary(max_size=200), st.sampled_from(["utf-7", "unicode_escape", "rot13", "zlib", "idna", "undefined"]))
def test_codecs_that_are_no_charsets_are_ignored(body: bytes, name: str) -> None:
    assert decode(body, f"text/html; charset={name}").charset not in (name, name.replace("_", "-"))


HANZI = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1)


@given(HANZI, st.sampled_from(["utf-8", "gb18030"]))
def test_chinese_text_in_its_declared_charset_comes_back(text: str, charset: str) -> None:
    assert decode(text.encode(charset), f"text/html; charset={charset}").text == text
