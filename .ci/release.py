"""A commit -> a release in ``release/``: the files, their digests, and notes on what is new.

    release.py version 1.2.0                        get the sources ready for it
    release.py reproduce                            build the commit elsewhere, compare with dist/
    release.py release [1.2.0] [--previous OLD.apkg]   build the commit twice, compare, gather

What is released comes from a commit alone: it is exported into an empty folder and built
there, with the commit's time for a clock, and a second time in another folder, time zone,
language and order of hashes. Only where all bytes agree are the files gathered.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sbom import sbom  # a script beside this one

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_SET = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
_INIT, _LOCK, _CHANGES = "src/notepress/__init__.py", "content/book.lock", "CHANGELOG.md"
_UNRELEASED = "## [Unreleased]\n"
_SUMS = "SHA256SUMS"
# Two surroundings that have as little in common as a machine can be told to.
_HERE = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "TZ": "UTC"}
_THERE = {"LC_ALL": "C", "PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai"}


class ReleaseError(Exception):
    """Why there is no release; said without a traceback."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one of the three; 0 if all went well, 1 with the reason if not."""
    parser = argparse.ArgumentParser(prog="release.py", description="Make a release of a commit.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("version").add_argument("version")
    commands.add_parser("reproduce")
    release_ = commands.add_parser("release")
    release_.add_argument("version", nargs="?", default="")
    release_.add_argument("--previous", default="")
    options = parser.parse_args(argv)
    try:
        if options.command == "version":
            prepare(ROOT, options.version)
        elif options.command == "reproduce":
            reproduce(ROOT)
        else:
            previous = Path(options.previous).absolute() if options.previous else None
            release(ROOT, options.version, previous)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


# -- the version ----------------------------------------------------------------------


def number(version: str) -> tuple[int, ...]:
    """Read a version, to compare it."""
    found = VERSION.fullmatch(version)
    if not found:
        raise ReleaseError(f"{version!r} is no version of three numbers: VERSION=1.2.0")
    return tuple(map(int, found.groups()))


def prepare(root: Path, version: str) -> None:
    """Write the version where it stands: the tool, the changelog, and the notes that changed."""
    wanted = number(version)
    init, changes = root / _INIT, root / _CHANGES
    was = version_of(init.read_text("utf-8"))
    if wanted < number(was):
        raise ReleaseError(f"{version} is older than {was}, which {_INIT} says")
    init.write_text(_SET.sub(f'__version__ = "{version}"', init.read_text("utf-8")), "utf-8")
    told = changes.read_text("utf-8")
    if not _git(root, "tag", "--list", f"v{was}"):
        told = reopened(told, was)  # got ready before, and never released
    changes.write_text(headed(told, version, _today()), "utf-8")
    lock = root / _LOCK
    lock.write_text(stamped(lock.read_text("utf-8"), _released_lock(root), version), "utf-8")
    _build(root, root / "dist", {})
    print(f"Read what changed, commit it, and tag it: git tag v{version}")


def version_of(init: str) -> str:
    """Find the version that the tool says it has."""
    found = _SET.search(init)
    if not found:
        raise ReleaseError(f"{_INIT} has no __version__")
    return found[1]


def headed(changes: str, version: str, day: str) -> str:
    """Give what is unreleased the heading of a version, once."""
    if f"## [{version}]" in changes:
        return changes
    if _UNRELEASED not in changes:
        raise ReleaseError(f"{_CHANGES} has no heading {_UNRELEASED.strip()!r}")
    return changes.replace(_UNRELEASED, f"{_UNRELEASED}\n## [{version}] - {day}\n", 1)


def reopened(changes: str, version: str) -> str:
    """Take the heading of a version away, so that what it holds is unreleased again."""
    return re.sub(rf"\n## \[{re.escape(version)}\][^\n]*\n", "", changes, count=1)


def section(changes: str, version: str) -> str:
    """Give what a changelog says of a version."""
    found = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL
    )
    if not found:
        hint = f"make version VERSION={version} writes it"
        raise ReleaseError(f"{_CHANGES} has no heading for {version}; {hint}")
    return found[1].strip()


def stamped(lock: str, released: str, version: str) -> str:
    """Say of each note that changed since the last release that it did so in this one.

    Between releases nobody knows which number the next one will bear, so a note that
    changes is given the last one's, and gets its own here. Its date stays.
    """
    held, before = json.loads(lock), json.loads(released or "{}")
    for kind in ("cards", "notes"):
        for key, note in held.get(kind, {}).items():
            old = before.get(kind, {}).get(key)
            if note.get("mod") and (old is None or note["mod"] > old.get("mod", 0)):
                note["release"] = version
    return json.dumps(held, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _released_lock(root: Path) -> str:
    """Read the lock as it was at the last release; "" before the first."""
    described = _git(root, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", check=False)
    tag = described.decode().strip()
    return _git(root, "show", f"{tag}:{_LOCK}").decode() if tag else ""


def _today() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return f"{moment:%Y-%m-%d}"


# -- building -------------------------------------------------------------------------


def reproduce(root: Path) -> None:
    """Build the commit elsewhere, and compare with what is in ``dist``."""
    with tempfile.TemporaryDirectory(prefix="elsewhere-") as elsewhere:
        exported = _export(root, Path(elsewhere))
        made = Path(elsewhere) / "dist"
        _build(exported, made, {**_THERE, **_epoch(root)}, "--strict", umask=0o077)
        files = {name: data for name, data in _files(made).items() if name != _SUMS}
        _agree(files, {name: data for name, data in _files(root / "dist").items() if name in files})
    print(f"{len(files)} files are the same in dist/ and from a commit built elsewhere")


def _export(root: Path, folder: Path) -> Path:
    """Write the files of the last commit into a folder of its own."""
    exported = folder / "exported"
    with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", "--format=tar", "HEAD"))) as tar:
        tar.extractall(exported, filter="data")
    return exported


def _epoch(root: Path) -> dict[str, str]:
    return {"SOURCE_DATE_EPOCH": _git(root, "log", "-1", "--format=%ct").decode().strip()}


def _build(
    root: Path, out: Path, surroundings: Mapping[str, str], *options: str, umask: int = -1
) -> None:
    """Build a book with the tool that lies beside it."""
    arguments = (str(root / "build.py"), "--project", str(root), "--out", str(out), "--quiet")
    _run(root, surroundings, *arguments, *options, umask=umask)


def _made(root: Path, out: Path, surroundings: Mapping[str, str], umask: int) -> dict[str, bytes]:
    """Build all that is released of a folder; gives the files by name."""
    _run(root, surroundings, "-m", "hatchling", "build", "-d", str(out / "package"), umask=umask)
    _build(root, out / "dist", surroundings, "--strict", umask=umask)
    _build(root, out / "dist", surroundings, "--strict", "crowdanki", umask=umask)
    return _files(out)


def _run(folder: Path, surroundings: Mapping[str, str], *arguments: str, umask: int = -1) -> bytes:
    own = {n: v for n, v in os.environ.items() if n not in ("CI", "SOURCE_DATE_EPOCH")}
    own = {name: value for name, value in own.items() if not name.startswith("NOTEPRESS_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**own, **surroundings},
        umask=umask,
        check=False,
        capture_output=True,
    )
    if done.returncode:
        sys.stderr.buffer.write(done.stdout + done.stderr)
        said = " ".join(arguments).replace(str(folder), ".")
        raise ReleaseError(f"exit code {done.returncode} of {said}")
    return done.stdout


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def _agree(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> None:
    """Stop where two builds differ, and say in what."""
    different = sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
    if different:
        raise ReleaseError(f"not the same bytes in both places: {', '.join(different)}")


def _git(root: Path, *arguments: str, check: bool = True) -> bytes:
    # A clone that belongs to another user is read all the same.
    command = ["git", "-c", "safe.directory=*", *arguments]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True)
    if done.returncode and check:
        raise ReleaseError(f"git {arguments[0]}: {done.stderr.decode().strip()}")
    return done.stdout if not done.returncode else b""


# -- the release ----------------------------------------------------------------------


def release(root: Path, version: str, previous: Path | None) -> None:
    """Build a commit twice, and gather what it gives in ``release/``."""
    if _git(root, "status", "--porcelain", "--untracked-files=no"):
        raise ReleaseError("there are changes that are in no commit; a release is made of one")
    if previous and not previous.is_file():
        raise ReleaseError(f"there is no {previous}")
    with tempfile.TemporaryDirectory(prefix="release-") as here:
        exported = _export(root, Path(here))
        version = version or version_of((exported / _INIT).read_text("utf-8"))
        fit(exported, version)
        with tempfile.TemporaryDirectory(prefix="elsewhere-") as there:
            other = _export(root, Path(there))
            epoch = _epoch(root)
            made = _made(exported, Path(here) / "made", {**_HERE, **epoch}, 0o022)
            again = _made(other, Path(there) / "made", {**_THERE, **epoch}, 0o077)
            _agree(made, again)
        print(f"{len(made)} files are the same from two folders")
        files = gathered(made, version)
        files[f"{_slug(made)}-{version}.cards.zip"] = _archive(_book(exported))
        files["sbom.cdx.json"] = _sbom(exported, version, int(epoch["SOURCE_DATE_EPOCH"]))
        deck = Path(here) / f"{_slug(made)}-{version}.apkg"
        deck.write_bytes(files[deck.name])
        told = first(json.loads(files["cards.json"])) if not previous else ""
        if previous:
            told = news(exported, version, previous, deck)
        changes = section((exported / _CHANGES).read_text("utf-8"), version)
        commit = _git(root, "rev-parse", "HEAD").decode().strip()
        again_by = f"VERSION={version}" + (f" PREVIOUS={previous.name}" if previous else "")
        files["RELEASE_NOTES.md"] = notes(version, told, changes, (commit, again_by)).encode()
    sums = "".join(f"{_digest(data)}  {name}\n" for name, data in sorted(files.items()))
    out = root / "release"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    for name, data in {**files, _SUMS: sums.encode()}.items():
        (out / name).write_bytes(data)
    print(f"release/ holds {len(files) + 1} files of {version}")


def fit(exported: Path, version: str) -> None:
    """Refuse a commit that isn't this version's."""
    wanted = number(version)
    said = version_of((exported / _INIT).read_text("utf-8"))
    if said != version:
        hint = f"make version VERSION={version} sets it"
        raise ReleaseError(f"{_INIT} says {said}, not {version}; {hint}")
    section((exported / _CHANGES).read_text("utf-8"), version)
    held = json.loads((exported / _LOCK).read_text("utf-8"))
    newer = {one for one in _releases(held) if VERSION.fullmatch(one) and number(one) > wanted}
    if newer:
        raise ReleaseError(f"{_LOCK} holds notes of {', '.join(sorted(newer))}")


def _releases(lock: Mapping[str, Mapping[str, Mapping[str, str]]]) -> set[str]:
    kinds = (lock.get("cards", {}), lock.get("notes", {}))
    return {note.get("release", "") for kind in kinds for note in kind.values()}


def gathered(made: Mapping[str, bytes], version: str) -> dict[str, bytes]:
    """Name the files for a release: with its version, and folders as archives."""
    slug = _slug(made)
    files: dict[str, bytes] = {}
    folders: dict[str, dict[str, bytes]] = {}
    for path, data in made.items():
        kind, _, name = path.partition("/")
        top, _, rest = name.partition("/")
        if rest:
            folders.setdefault(top, {})[f"{top}/{rest}"] = data
        elif name != _SUMS:
            own = kind == "dist" and name.startswith(slug)
            files[name.replace(slug, f"{slug}-{version}", 1) if own else name] = data
    for top, held in folders.items():
        files[f"{top.replace(slug, f'{slug}-{version}', 1)}.zip"] = _archive(held)
    return files


def _slug(made: Mapping[str, bytes]) -> str:
    (deck,) = (Path(path) for path in made if re.fullmatch(r"dist/[^/]+\.apkg", path))
    return deck.stem


def _book(exported: Path) -> dict[str, bytes]:
    """Give the files that outputs can be made of again: cards, locks, and what was decided."""
    content = exported / "content"
    paths = [*content.glob("*.yaml"), *content.glob("*.lock"), *(content / "cards").glob("*.yaml")]
    return {path.relative_to(exported).as_posix(): path.read_bytes() for path in paths}


def _archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files so that the same ones give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in sorted(files.items()):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.external_attr = 0o100644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            opened.writestr(member, data)
    return packed.getvalue()


def _sbom(exported: Path, version: str, moment: int) -> bytes:
    asked = tomllib.loads((exported / "pyproject.toml").read_text("utf-8"))["project"]
    names = (re.match(r"[\w.-]+", line) for line in asked["dependencies"])
    core = [re.sub(r"[-_.]+", "-", name[0]).lower() for name in names if name]
    return sbom((exported / "requirements.lock").read_text("utf-8"), version, moment, core)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- what is new ----------------------------------------------------------------------


def news(exported: Path, version: str, previous: Path, deck: Path) -> str:
    """Tell what the update does, as ``diff`` sees it; refuse a number smaller than it asks for."""

    def compared(form: str) -> str:
        arguments = (str(exported / "build.py"), "diff", str(previous), str(deck), "--format", form)
        return _run(exported, {}, *arguments).decode()

    asked = json.loads(compared("json"))["version"]
    large_enough(version, asked)
    if asked["bump"] != "none":
        _bears(json.loads((exported / _LOCK).read_text("utf-8")), version)
    return re.sub(r"\A## [\d.]+\n+", "", compared("markdown")).strip()


def large_enough(version: str, asked: Mapping[str, str | None]) -> None:
    """Refuse a number that promises less change than there is."""
    was, least = asked["from"], asked["to"]
    if not was or not least:
        hint = "name it NAME-1.2.0.apkg"
        raise ReleaseError(f"nothing says which version the previous deck is; {hint}")
    if number(version) <= number(was):
        raise ReleaseError(f"{version} is not newer than the previous deck's {was}")
    if number(version) < number(least):
        raise ReleaseError(
            f"{version} is too small: the update from {was} is {asked['bump']}, so {least} or more"
        )


def _bears(lock: Mapping[str, Mapping[str, Mapping[str, str]]], version: str) -> None:
    if version not in _releases(lock):
        hint = f"make version VERSION={version} writes it into {_LOCK}"
        raise ReleaseError(f"notes changed, and none says that it did so in {version}; {hint}")


def first(data: Mapping[str, Sequence[object]]) -> str:
    """Tell what is in a first release."""
    return f"The first release: {len(data['cards'])} cards."


def notes(version: str, told: str, changes: str, origin: tuple[str, str]) -> str:
    """Put release notes together: for who studies the deck, who runs the tool, and who doubts."""
    check = (
        f"`sha256sum --check {_SUMS}` proves the files. Each can be made again from commit"
        f" {origin[0]}: `make release {origin[1]}`."
    )
    parts = [f"# {version}", "## Cards", told]
    parts += ["## Tool", changes] if changes else []
    return "\n\n".join([*parts, "## Files", check]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
