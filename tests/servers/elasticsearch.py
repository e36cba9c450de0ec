"""A minimal Elasticsearch for the tests: the distribution Elastic publishes on Maven Central for plug-in authors.

It has the core only (no painless, no reindex, no delete-by-query, no `GET /`); the product needs no more.
The archive is kept in the user's cache folder, everything else in a temporary one.
"""

import json
import os
import subprocess
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.servers.process import ServerFailed, find_program, free_port, hand_over, running, server_folder, start

VERSION: Final = "8.19.21"
ARTIFACT: Final = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
MAVEN_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
LOWEST_JAVA: Final = 17  # Source: release notes of 8.19; 9.x asks for 21


@contextmanager
def elasticsearch() -> Iterator[str]:
    """Start a server on one node and yield its address. Raises ServerFailed."""
    port = free_port()
    with server_folder("elasticsearch") as folder:
        home = _unpacked(_archive(), folder)
        process = start([home / "bin/elasticsearch", *_settings(port)], folder=folder, environment=_environment(folder))
        address = f"http://127.0.0.1:{port}"
        with running(process, folder=folder, is_ready=lambda: _is_healthy(address)):
            yield address


def _archive() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tingfeng-tests"
    archive = cache / f"elasticsearch-{VERSION}.zip"
    if archive.is_file():
        return archive
    maven = find_program("mvn", package="maven")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as download:
        command = [str(maven), "-B", "-q", "-C", MAVEN_COPY, f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={download}"]
        outcome = subprocess.run(command, check=False, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise ServerFailed(f"Maven could not fetch {ARTIFACT}:\n{outcome.stdout}{outcome.stderr}")
        (Path(download) / archive.name).replace(archive)
    return archive


def _unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
    home = folder / f"elasticsearch-{VERSION}"
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    (folder / "tmp").mkdir()
    hand_over(folder)
    return home


def _settings(port: int) -> list[str]:
    settings = {
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "http.port": port,
        "transport.port": 0,
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "xpack.security.enabled": "false",
    }
    return [word for name, value in settings.items() for word in ("-E", f"{name}={value}")]


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ES_JAVA_HOME": str(_java_home()),
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        "ES_TMPDIR": str(folder / "tmp"),
        # The launcher is a Java program of its own and would leave files in /tmp.
        "CLI_JAVA_OPTS": f"-Djava.io.tmpdir={folder / 'tmp'}",
    }


def _java_home() -> Path:
    java = find_program("java", package="default-jre-headless").resolve()
    report = subprocess.run([java, "-version"], check=True, capture_output=True, text=True).stderr
    version = int(report.split('"')[1].split(".")[0])
    if version < LOWEST_JAVA:
        raise ServerFailed(f"Elasticsearch {VERSION} needs Java {LOWEST_JAVA} or newer, `java` is {version}")
    return java.parents[1]


def _is_healthy(address: str) -> bool:
    # The environment may name a proxy; loopback is never behind it.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{address}/_cluster/health?timeout=1s", timeout=2) as answer:
            return json.load(answer)["status"] in {"yellow", "green"}
    except OSError:
        return False
