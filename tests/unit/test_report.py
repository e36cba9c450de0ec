"""What is read of a manual report without any store: share texts, hosts, pictures."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import picture, share
from core.errors import InvalidInput
from core.mention import Platform
from core.share import Shared
from tests import pictures


@pytest.mark.parametrize(
    ("pasted", "link", "text", "title"),
    [
        ("https://v.example/xyz", "https://v.example/xyz", "", ""),
        (
            "【青柠L7刹车失灵】 https://v.example/xyz 复制此链接，打开短视频看看",
            "https://v.example/xyz",
            "【青柠L7刹车失灵】 复制此链接，打开短视频看看",
            "青柠L7刹车失灵",
        ),
        ("看这个https://v.example/xyz/复制打开", "https://v.example/xyz/", "看这个 复制打开", ""),
        ("见（HTTP://v.example/a?b=1&c=2）。", "HTTP://v.example/a?b=1&c=2", "见（ ）。", ""),
        ("a https://v.example/1, https://v.example/2", "https://v.example/1", "a , https://v.example/2", ""),
        ("只有文字", "", "只有文字", ""),
        ("https://", "", "https://", ""),
    ],
)
def test_share_texts_are_taken_apart(pasted: str, link: str, text: str, title: str) -> None:
    assert share.read(pasted) == Shared(link=link, text=text, title=title)


@pytest.mark.parametrize(
    ("link", "platform"),
    [
        ("https://m.weibo.cn/1", Platform.WEIBO),
        ("https://mp.weixin.qq.com/s/1", Platform.WECHAT),
        ("https://v.douyin.com/1/", Platform.VIDEO),
        ("https://notweibo.cn/1", Platform.OTHER),
        ("https://weibo.cn.example/1", Platform.OTHER),
        ("https://[", Platform.OTHER),
        ("", Platform.OTHER),
    ],
)
def test_the_host_tells_the_medium(link: str, platform: Platform) -> None:
    assert share.platform_of(link) is platform


@given(st.text())
def test_any_text_can_be_pasted(pasted: str) -> None:
    told = share.read(pasted)
    assert told.link in pasted
    share.platform_of(told.link)


@pytest.mark.parametrize(
    ("bare", "noted", "media_type"),
    [
        (pictures.png(), pictures.png(pictures.EXIF_PNG) + b"<script>31.2,121.5", "image/png"),
        (pictures.webp(), pictures.webp(pictures.EXIF_WEBP, flags=0x08), "image/webp"),
        (pictures.jpeg(), pictures.jpeg(pictures.EXIF_JPEG, pictures.segment(0xFE, b"31.2,121.5")), "image/jpeg"),
    ],
)
def test_only_the_picture_itself_is_kept(bare: bytes, noted: bytes, media_type: str) -> None:
    assert picture.read(bare).data == bare
    found = picture.read(noted)
    assert found.media_type == media_type
    assert b"31.2" not in found.data
    assert picture.read(found.data) == found
    if media_type == "image/jpeg":
        assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in found.data, "which way is up stays"
    else:
        assert found.data == bare


def test_what_is_no_picture_is_refused() -> None:
    whole = [pictures.png(), pictures.webp(), pictures.jpeg(pictures.EXIF_JPEG)]
    damaged = [data[:length] for data in whole for length in range(len(data))]
    broken = pictures.png().replace(b"\x08\x02", b"\x08\x03")
    others = [b"<html><script>", b"GIF89a", b"<svg/>", b"%PDF", b"RIFF\x04\x00\x00\x00WEBP", broken]
    for data in [*damaged, *others, pictures.png() + b"\0" * picture.LARGEST_BYTES]:
        with pytest.raises(InvalidInput) as refusal:
            picture.read(data)
        assert refusal.value.details["field"] == "screenshot"


def test_a_long_run_of_fill_bytes_is_looked_through_once() -> None:
    """Quadratic work on a picture of this size would not end today."""
    frame, fill = pictures.jpeg().removesuffix(b"\xff\xd9"), b"\xff" * (picture.LARGEST_BYTES - 1000)
    whole = frame + fill + b"\x00" + b"\xff\xff\xd9"
    assert picture.read(whole).data == frame + fill + b"\x00" + b"\xff" + b"\xff\xd9"
    with pytest.raises(InvalidInput):
        picture.read(b"\xff\xd8" + fill + b"\x00")


@given(st.sampled_from([pictures.png(), pictures.webp(), pictures.jpeg()]), st.binary(), st.integers(0, 60))
def test_any_bytes_are_read_or_refused(whole: bytes, noise: bytes, place: int) -> None:
    with suppress(InvalidInput):
        picture.read(whole[:place] + noise + whole[place:])
