"""Run a Dockerfile's RUN lines in an empty folder, where no container engine is at hand.

`python -m tests.dockerfile` builds the repository's image that way and starts the product's `--help` from it.
All stages share one folder, which stands for `/`: a path of a WORKDIR, VOLUME or COPY line is moved below it, and
a RUN line that names any other absolute path is refused.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

REPOSITORY = Path(__file__).resolve().parent.parent


class Refused(Exception):
    """A line that cannot be carried out below one folder."""


@dataclass(frozen=True)
class Instruction:
    """One line of a Dockerfile, continuations joined."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The arguments without flags such as --from=build."""
        return [word for word in shlex.split(self.text) if not word.startswith("--")]


def instructions(dockerfile: str) -> Iterator[Instruction]:
    """Yield the instructions in order, comments and empty lines left out."""
    lines = (line for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, text = line.strip().partition(" ")
        if name:
            yield Instruction(name.upper(), text.strip())


def kept_paths(dockerignore: str) -> list[str]:
    """Return what a .dockerignore of the form `*`, then `!name`, lets into the image."""
    lines = [line for line in dockerignore.splitlines() if line and not line.startswith("#")]
    if lines[0] != "*":
        raise Refused(".dockerignore does not begin with *")
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


@dataclass
class Build:
    """A build in progress: `root` stands for `/`, `places` are the paths that lie below it."""

    context: Path
    root: Path
    places: frozenset[str]
    workdir: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def carry_out(self, instruction: Instruction) -> None:
        """Do what WORKDIR, ENV, COPY and RUN ask; the other lines only describe the image."""
        match instruction.name:
            case "WORKDIR":
                self.workdir = self.moved(instruction.text)
                self.workdir.mkdir(parents=True, exist_ok=True)
            case "ENV":
                for setting in instruction.words:
                    name, _, value = setting.partition("=")
                    self.environment[name] = self._moved_text(value.replace("$PATH", self.environment["PATH"]))
            case "COPY":
                self._copy(instruction)
            case "RUN":
                self._run(instruction.text)

    def moved(self, path: str) -> Path:
        """Return where a path of the image lies in the folder."""
        return self.root / path.lstrip("/") if path.startswith("/") else self.workdir / path

    def _moved_text(self, text: str) -> str:
        for place in sorted(self.places, key=len, reverse=True):
            text = re.sub(rf"(?<![\w./-]){re.escape(place)}(?![\w.-])", str(self.root) + place, text)
        return text

    def _copy(self, instruction: Instruction) -> None:
        *sources, target = instruction.words
        if "--from=" in instruction.text:
            if sources != [target]:
                raise Refused(f"COPY {instruction.text}: stages share one folder, so both paths must be the same")
            return
        names = kept_paths((self.context / ".dockerignore").read_text()) if sources == ["."] else sources
        for name in names:
            source, place = self.context / name, self.moved(target) / name
            if source.is_dir():
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            else:
                shutil.copy2(source, place)

    def _run(self, line: str) -> None:
        command = self._moved_text(line)
        outside = re.findall(r"(?<![\w.$}/-])/\w[\w/.-]*", command.replace(str(self.root), "."))
        if outside:
            raise Refused(f"RUN {line}: {outside[0]} belongs to no WORKDIR, VOLUME or COPY line")
        print(f"RUN {line}", flush=True)
        subprocess.run(["/bin/sh", "-ec", command], cwd=self.workdir, env=self.environment, check=True)


def places(lines: Sequence[Instruction]) -> frozenset[str]:
    """Return the absolute paths that WORKDIR, VOLUME and COPY lines name."""
    paths = [line.words[-1] for line in lines if line.name in {"WORKDIR", "VOLUME", "COPY"}]
    return frozenset(path for path in paths if PurePosixPath(path).is_absolute())


def build(dockerfile: str, *, context: Path, root: Path) -> Build:
    """Carry out a Dockerfile below `root`. Raises Refused or CalledProcessError."""
    lines = list(instructions(dockerfile))
    result = Build(context=context, root=root, places=places(lines), workdir=root)
    for line in lines:
        result.carry_out(line)
    return result


def left_out(packages: Path, *, context: Path) -> list[str]:
    """Return the files of the context's packages that an installation below `packages` lacks."""
    folders = [context / name for name in kept_paths((context / ".dockerignore").read_text())]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    names = [file.relative_to(context).as_posix() for file in files if "__pycache__" not in file.parts]
    return [name for name in names if not (packages / name).is_file()]


def main() -> None:
    """Build the repository's image in a temporary folder, see that nothing is missing, start what it would start."""
    with tempfile.TemporaryDirectory(prefix="tingfeng-image-") as folder:
        text = (REPOSITORY / "Dockerfile").read_text()
        image = build(text, context=REPOSITORY, root=Path(folder))
        (packages,) = image.root.glob("opt/tingfeng/lib/python3*/site-packages")
        if missing := left_out(packages, context=REPOSITORY):
            sys.exit(f"the image lacks {missing}")
        command = image.root / "opt/tingfeng/bin/tingfeng"
        subprocess.run([command, "--help"], cwd=image.workdir, env=image.environment, check=True)
        print("the image's lines ran, nothing is missing, and `tingfeng --help` answers")


if __name__ == "__main__":
    main()
