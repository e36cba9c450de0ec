"""Log channel: one JSON line per message in the data folder, on disk before it counts as sent."""

import json
import os
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from alerts.channels.base import Message, Receipt
from core.errors import DeliveryFailed

FILE_NAME: Final = "alerts.log"

_MESSAGE: Final = TypeAdapter(Message)


class LogChannel:
    """Writes to ``data_dir/alerts.log``; a message that is there already is not written again."""

    kind: Final = "log"

    def __init__(self, name: str, *, data_dir: Path) -> None:
        self.name: Final = name
        self._path: Final = data_dir / FILE_NAME

    def send(self, message: Message) -> Receipt:
        """Raises DeliveryFailed when the file cannot be written."""
        line = json.dumps(_MESSAGE.dump_python(message, mode="json"), ensure_ascii=False)
        try:
            # Reading and appending; a new file is for its owner only.
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                lines = file.readlines()
                if not any(_is_whole(known, message.id) for known in lines):
                    is_torn = bool(lines) and not lines[-1].endswith(b"\n")
                    file.write((b"\n" if is_torn else b"") + line.encode() + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise DeliveryFailed("通知日志写不进去，请检查数据目录的权限和磁盘空间", channel=self.name) from error
        return Receipt(answer=FILE_NAME)


def _is_whole(line: bytes, message_id: str) -> bool:
    """A line cut off by a crash ends without a newline and does not count."""
    return line.startswith(f'{{"id": {json.dumps(message_id, ensure_ascii=False)},'.encode()) and line.endswith(b"}\n")
