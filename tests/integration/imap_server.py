"""Twisted's IMAP server over TLS on a free loopback port: ``-m tests.integration.imap_server FOLDER CERTIFICATE``.

The mailbox 舆情 is the folder: 7.eml is the mail with UID 7, 7.seen beside it its flag, uidvalidity a number. Prints
its port; a command that could change something leaves a file ``changes``.
"""
# ruff: noqa: N802, N803, N815  # the names of twisted's interfaces

import io
import sys
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import protocol, reactor, ssl
from twisted.mail import imap4
from zope.interface import implementer  # type: ignore[import-untyped]  # ships no types

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 2 else Path()


@implementer(imap4.IMessage, imap4.IMessageFile)
class Mail:
    def __init__(self, path: Path) -> None:
        self.path = path

    def getUID(self) -> int:
        return int(self.path.stem)

    def getFlags(self) -> list[str]:
        return ["\\Seen"] if self.path.with_suffix(".seen").exists() else []

    def getInternalDate(self) -> str:
        return "16-Jun-2026 14:00:00 +0800"

    def getHeaders(self, negate: bool, *names: Any) -> dict[str, str]:
        return {key.lower(): str(value) for key, value in BytesParser().parsebytes(self.path.read_bytes()).items()}

    def getSize(self) -> int:
        return self.path.stat().st_size

    def open(self) -> Any:
        return io.BytesIO(self.path.read_bytes())

    getBodyFile = open

    def isMultipart(self) -> bool:
        return False

    def getSubPart(self, part: int) -> Any:
        raise TypeError


@implementer(imap4.IMailbox)
class Mailbox:
    def mails(self) -> list[Mail]:
        return [Mail(path) for path in sorted(FOLDER.glob("*.eml"), key=lambda path: int(path.stem))]

    def getUIDValidity(self) -> int:
        return int((FOLDER / "uidvalidity").read_text())

    def getUIDNext(self) -> int:
        return max((mail.getUID() for mail in self.mails()), default=0) + 1

    def getUID(self, number: int) -> int:
        return self.mails()[number - 1].getUID()

    def getMessageCount(self) -> int:
        return len(self.mails())

    def getRecentCount(self) -> int:
        return 0

    def getUnseenCount(self) -> int:
        return 0

    def getFlags(self) -> list[str]:
        return ["\\Seen"]

    def getHierarchicalDelimiter(self) -> str:
        return "/"

    def isWriteable(self) -> bool:
        return True

    def requestStatus(self, names: Any) -> Any:
        return imap4.statusRequestHelper(self, names)

    def addListener(self, listener: Any) -> None:
        pass

    removeListener = addListener

    def fetch(self, messages: Any, uid: bool) -> Any:
        mails = self.mails()
        messages.last = mails[-1].getUID() if uid and mails else len(mails)
        return [
            (number, mail)
            for number, mail in enumerate(mails, start=1)
            if (mail.getUID() if uid else number) in messages
        ]

    def changed(self, *_: Any) -> Any:
        (FOLDER / "changes").touch()
        return {}

    store = addMessage = expunge = destroy = changed


class Account(imap4.MemoryAccount):
    def select(self, name: str, rw: bool = True) -> Any:
        if rw:
            (FOLDER / "changes").touch()
        return super().select(name, rw)


@implementer(IRealm)
class Realm:
    def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Any:
        account = Account("user")
        account.mailboxes["舆情".upper()] = Mailbox()
        return imap4.IAccount, account, lambda: None


class Factory(protocol.Factory):
    def buildProtocol(self, addr: Any) -> Any:
        server: Any = imap4.IMAP4Server()
        realm: Any = Realm()
        checker: Any = InMemoryUsernamePasswordDatabaseDontUse(user=b"secret")
        server.portal = Portal(realm, [checker])
        return server


def main() -> None:
    context = ssl.DefaultOpenSSLContextFactory(sys.argv[2], sys.argv[2])
    loop: Any = reactor
    port = loop.listenSSL(0, Factory(), context, interface="127.0.0.1")
    sys.stdout.write(f"{port.getHost().port}\n")
    sys.stdout.flush()
    loop.run()


if __name__ == "__main__":
    main()
