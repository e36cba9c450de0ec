"""Alert mails of vendors, on Twisted's IMAP server: attachments, links, who may write, and where reading goes on."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, strategies
from pydantic import SecretStr

from app.imports import letter, mailbox
from core import inbox, quarantine
from core.errors import ConfigurationError, InvalidInput, SourceRefused, SourceUnreachable
from core.mention import Mention
from response.services import Services

TABLE = "标题,链接,发布时间\n青柠L7 刹车偏软,https://news.example/1,昨天 12:30\n"


def a_mail(
    sender: str = "Alert <alert@vendor.example>", *, table: str = "", html: str = "", text: str = "正文"
) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = sender, "舆情提醒", "Mon, 15 Jun 2026 09:00:00 +0800"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    if table:
        mail.add_attachment(table.encode("gb18030"), maintype="text", subtype="csv", filename="舆情列表.csv")
    return mail.as_bytes()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate for ``localhost``, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    """The folder behind the mailbox 舆情."""
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "uidvalidity").write_text("1")
    return folder


@pytest.fixture
def reading(services: Services, mails: Path, certificate: Path, monkeypatch) -> Iterator[Services]:
    """Services with the settings of the mailbox; its certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    words = [sys.executable, "-m", "tests.integration.imap_server", str(mails), str(certificate)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        changed = {
            "import_mail_host": "localhost",
            "import_mail_port": int(server.stdout.readline()),
            "import_mail_user": "user",
            "import_mail_password": SecretStr("secret"),
            "import_mail_folder": "舆情",
            "import_mail_senders": "alert@vendor.example, @Second.example",
        }
        yield replace(services, settings=services.settings.model_copy(update=changed))
        server.kill()


def stored(services: Services) -> list[Mention]:
    with services.database.read() as connection:
        return list(inbox.scan(connection))


def told(services: Services) -> list[str]:
    with services.database.read() as connection:
        return [row.message for row in quarantine.latest(connection, source="邮箱")]


def test_mails_of_the_vendors_become_mentions_once(reading: Services, mails: Path) -> None:
    html = (
        '<a href="https://m.weibo.cn/9">车主称青柠L7刹车失灵</a> <a href="https://vendor.example/out">退订</a>'
        '<a href="javascript:x">不是网址的一条</a>'
    )
    (mails / "2.eml").write_bytes(a_mail(table=TABLE))
    (mails / "3.eml").write_bytes(a_mail(html=html))
    (mails / "4.eml").write_bytes(a_mail("mallory@other.example", table=TABLE.replace("/1", "/4")))
    (mails / "5.eml").write_bytes(a_mail("x@second.example", text="青柠汽车被投诉 https://tousu.example/5\n"))
    (mails / "6.eml").write_bytes(a_mail(table="甲,乙\n1,2\n"))
    (mails / "7.eml").write_bytes(b"\xff\x00 no mail")
    (mails / "1.eml").write_bytes(a_mail(table=TABLE.replace("/1", "/old")))
    (mails / "1.seen").touch()
    for _ in range(2):
        mailbox.run(reading)
        found = {mention.url: mention for mention in stored(reading)}
        assert set(found) == {"https://news.example/1", "https://m.weibo.cn/9", "https://tousu.example/5"}
        assert len(told(reading)) == 1, "one attachment that no column names"
    assert "--map text=" in told(reading)[0]
    yesterday, link = found["https://news.example/1"], found["https://m.weibo.cn/9"]
    assert yesterday.published_at == datetime(2026, 6, 14, 4, 30, tzinfo=UTC), "yesterday of the mail"
    assert (link.title, link.platform) == ("车主称青柠L7刹车失灵", "weibo")
    assert link.published_at == datetime(2026, 6, 15, 1, 0, tzinfo=UTC)
    # A mail that somebody has read meanwhile counts all the same: the cursor decides, not the flag.
    (mails / "8.eml").write_bytes(a_mail(text="青柠汽车又被投诉 https://tousu.example/8\n"))
    (mails / "8.seen").touch()
    mailbox.run(reading)
    assert len(stored(reading)) == 4

    # Numbered anew: what is read again adds nothing.
    (mails / "uidvalidity").write_text("2")
    (mails / "9.eml").write_bytes(a_mail(text="青柠汽车第三次被投诉 https://tousu.example/9\n"))
    mailbox.run(reading)
    assert len(stored(reading)) == 5
    assert not (mails / "changes").exists(), "nothing on the server was changed"


def test_a_mail_that_stops_the_reader_stops_no_other(reading: Services, mails: Path, monkeypatch) -> None:
    def reading_but(content: bytes) -> letter.Letter:
        if b"poison" in content:
            raise ZeroDivisionError
        return read(content)

    read = letter.read
    monkeypatch.setattr(letter, "read", reading_but)
    (mails / "1.eml").write_bytes(a_mail(text="poison"))
    (mails / "2.eml").write_bytes(a_mail(text="青柠汽车被投诉 https://tousu.example/2\n"))
    mailbox.run(reading)
    assert (len(stored(reading)), told(reading)) == (1, ["程序内部错误，详见服务日志"])


def test_a_mailbox_that_cannot_be_read_says_why(reading: Services, mails: Path, monkeypatch) -> None:
    def failure(**changed: object) -> tuple[type[Exception], str]:
        with pytest.raises(Exception) as caught:  # compared below
            mailbox.run(replace(reading, settings=reading.settings.model_copy(update=changed)))
        return caught.type, str(caught.value)

    assert failure(import_mail_password=SecretStr("x")) == (
        SourceRefused, "邮箱拒绝登录，请检查账号和授权码（不少邮箱要用授权码而不是密码）",
    )  # fmt: skip
    assert failure(import_mail_folder="没有") == (SourceRefused, "邮箱里没有文件夹「没有」")
    assert failure(import_mail_senders=" ")[0] is ConfigurationError
    assert failure(import_mail_port=1)[0] is SourceUnreachable
    monkeypatch.delenv("SSL_CERT_FILE")
    assert failure() == (SourceRefused, "邮件服务器 localhost 的证书无法验证")
    assert "secret" not in str(reading.settings.masked())


def test_names_of_folders_are_written_as_imap_wants_them() -> None:
    names = {"INBOX": '"INBOX"', "a&b": '"a&-b"', "舆情": '"&ggZgxQ-"', 'x"y': '"x\\"y"'}
    assert {name: mailbox.mailbox_name(name) for name in names} == names


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Fri, 31 Dec 9999 23:59:59 -0800", None),
        ("Mon, 1 Jan 1000 00:00:00 +0800", None),
        ("Mon, 15 Jun 2026 09:00:00 +99999999999999", None),
        ("Mon, 15 Jun 99999999999999999999 09:00:00 +0800", None),
        ("soon", None),
        ("Mon, 15 Jun 2026 09:00:00 -0000", datetime(2026, 6, 15, 9, 0, tzinfo=UTC)),
    ],
)
def test_a_date_that_no_calendar_has_is_none(written: str, read: datetime | None) -> None:
    mail = f"From: x@other.example\nDate: {written}\n\nhello".encode()
    assert letter.read(mail).written_at == read


@given(head=strategies.binary(max_size=80), tail=strategies.binary(max_size=80))
def test_any_mail_is_read_or_refused(head: bytes, tail: bytes) -> None:
    for content in (head + tail, b"From: " + head + b"\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" + tail):
        try:
            letter.read(content)
        except InvalidInput as error:
            assert error.message == "邮件无法解析"
