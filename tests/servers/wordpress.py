"""A WordPress of Debian's packages for the tests: a database, PHP's own web server, and posts to read.

One database is shown as several sites (see wordpress_site/plugin.php), each under a folder of its own.
"""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.servers.process import ServerFailed, find_program, free_port, hand_over, run, running, server_folder, start
from tests.wordpress_content import POSTS, as_written

OURS: Final = Path(__file__).with_name("wordpress_site")
THEIRS: Final = Path("/usr/share/wordpress")
# Two crawls at once, and the tests that write.
WORKERS: Final = 4


@contextmanager
def wordpress() -> Iterator[str]:
    """Start a filled WordPress and yield its address. Raises ServerFailed."""
    if not (THEIRS / "wp-load.php").is_file():
        raise ServerFailed("WordPress is missing; on Debian: apt-get install --no-install-recommends wordpress")
    php = find_program("php", package="php-cli")
    port = free_port()
    with server_folder("wordpress") as folder, _database(folder) as database_port:
        _lay_out(folder)
        environment = {**os.environ, "DATABASE_PORT": str(database_port), "PHP_CLI_SERVER_WORKERS": str(WORKERS)}
        _fill([str(php), "fill.php", f"127.0.0.1:{port}"], folder, environment)
        options = ["-d", "opcache.enable=1", "-d", "opcache.enable_cli=1", "-d", "display_errors=0"]
        command: list[str | Path] = [php, *options, "-S", f"127.0.0.1:{port}", "router.php"]
        process = start(command, folder=folder, environment=environment)
        address = f"http://127.0.0.1:{port}"
        with running(process, folder=folder, is_ready=lambda: _answers(f"{address}/?rest_route=/")):
            yield address


@contextmanager
def _database(folder: Path) -> Iterator[int]:
    """A MariaDB with an empty database; yields its port."""
    install = find_program("mariadb-install-db", package="mariadb-server")
    server = find_program("mariadbd", folders=[Path("/usr/sbin")], package="mariadb-server")
    data = folder / "mariadb"
    # Durability is given up for speed: the tests never ask for what survives a power cut.
    fast = ("--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=8M")
    options: list[str | Path] = ["--no-defaults", f"--datadir={data}", *fast]
    installing: list[str | Path] = [install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"]
    run(installing, folder=folder)
    port = free_port()
    socket = folder / "socket"
    client = find_program("mariadb", package="mariadb-client")
    ask = [str(client), "--no-defaults", "-uroot", f"--socket={socket}", "-e"]
    listening = ["--bind-address=127.0.0.1", f"--port={port}", f"--socket={socket}", f"--pid-file={folder / 'pid'}"]
    process = start([server, *options, *listening, "--skip-name-resolve"], folder=folder)

    def is_ready() -> bool:
        asked = [*ask, "CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4"]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0

    with running(process, folder=folder, is_ready=is_ready):
        yield port


def _lay_out(folder: Path) -> None:
    """Debian's files by links, ours beside them; WordPress takes the folder for its own."""
    for name in ("wp-includes", "wp-admin"):
        (folder / name).symlink_to(THEIRS / name)
    for name in ("wp-config.php", "router.php", "fill.php"):
        shutil.copy(OURS / name, folder)
    theme = folder / "wp-content/themes/bare"
    theme.mkdir(parents=True)
    (theme / "style.css").write_text("/* Theme Name: Bare */", encoding="utf-8")
    shutil.copy(OURS / "theme.php", theme / "index.php")
    shutil.copy(OURS / "comments.php", theme)
    (folder / "wp-content/mu-plugins").mkdir()
    shutil.copy(OURS / "plugin.php", folder / "wp-content/mu-plugins")
    hand_over(folder / "wp-content")


def _fill(command: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
    posts = json.dumps(as_written(POSTS), ensure_ascii=False)
    done = subprocess.run(
        command, cwd=folder, env=environment, input=posts, check=False, capture_output=True, encoding="utf-8"
    )
    if done.returncode != 0 or done.stdout.strip():
        raise ServerFailed(f"WordPress could not be filled:\n{done.stdout}{done.stderr}")


def _answers(address: str) -> bool:
    # The environment may name a proxy; loopback is never behind it.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
