from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
import release
from release import ReleaseError
from sbom import read_lock, sbom

CHANGES = """\
# Changelog

## [Unreleased]

### Added

- More.

## [1.0.0] - 2026-01-01

- Everything.
"""


def lock(**notes: tuple[int, str]) -> str:
    cards = {name: {"mod": mod, "release": said} for name, (mod, said) in notes.items()}
    return json.dumps({"cards": cards, "notes": {}})


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with what a release looks at, whose last release is 1.0.0."""
    monkeypatch.setattr(release, "_build", lambda *_, **__: None)
    root = tmp_path / "sources"
    for path, text in {
        "src/notepress/__init__.py": '"""Doc."""\n\n__version__ = "1.0.0"\n',
        "content/book.lock": lock(old=(5, "1.0.0"), other=(5, "1.0.0")),
        "CHANGELOG.md": CHANGES,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git(root, "init", "-q")
    commit(root)
    git(root, "tag", "v1.0.0")
    return root


def git(root: Path, *arguments: str) -> None:
    named = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *named, *arguments], cwd=root, check=True, env=environment)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", "more")


# -- the version ----------------------------------------------------------------------


def test_a_version_is_written_wherever_it_stands(sources):
    changed = lock(old=(5, "1.0.0"), other=(6, "1.0.0"), new=(7, "1.0.0"))
    (sources / "content/book.lock").write_text(changed)
    release.prepare(sources, "1.1.0")
    assert '__version__ = "1.1.0"' in (sources / "src/notepress/__init__.py").read_text()
    cards = json.loads((sources / "content/book.lock").read_text())["cards"]
    said = {name: note["release"] for name, note in cards.items()}
    assert said == {"old": "1.0.0", "other": "1.1.0", "new": "1.1.0"}
    assert {name: note["mod"] for name, note in cards.items()} == {"old": 5, "other": 6, "new": 7}
    told = (sources / "CHANGELOG.md").read_text()
    assert release.section(told, "1.1.0") == "### Added\n\n- More."
    assert release.section(told, "1.0.0") == "- Everything."


def test_another_number_takes_the_place_of_one_that_was_never_released(sources):
    release.prepare(sources, "1.0.1")
    first = (sources / "CHANGELOG.md").read_text()
    release.prepare(sources, "1.1.0")
    assert (sources / "CHANGELOG.md").read_text() == first.replace("[1.0.1]", "[1.1.0]")
    release.prepare(sources, "1.1.0")
    assert (sources / "CHANGELOG.md").read_text() == first.replace("[1.0.1]", "[1.1.0]")


def test_before_the_first_release_every_note_is_new(sources):
    git(sources, "tag", "-d", "v1.0.0")
    release.prepare(sources, "1.0.1")
    cards = json.loads((sources / "content/book.lock").read_text())["cards"]
    assert {note["release"] for note in cards.values()} == {"1.0.1"}


@pytest.mark.parametrize("version", ["", "1.1", "v1.1.0", "1.1.0rc1", "1.1.0\n"])
def test_a_version_has_three_numbers(sources, version):
    with pytest.raises(ReleaseError, match="no version of three numbers"):
        release.prepare(sources, version)


def test_no_version_is_older_than_the_last(sources):
    with pytest.raises(ReleaseError, match="is older than 1\\.0\\.0"):
        release.prepare(sources, "0.9.9")


@pytest.mark.parametrize(
    ("version", "asked", "why"),
    [
        ("1.0.0", ("none", "1.0.0", "1.0.0"), "not newer"),
        ("1.0.1", ("minor", "1.0.0", "1.1.0"), "too small: the update from 1.0.0 is minor"),
        ("1.9.0", ("major", "1.0.0", "2.0.0"), "so 2.0.0 or more"),
        ("2.0.0", ("major", None, None), "which version the previous deck is"),
    ],
)
def test_a_number_smaller_than_the_update_asks_for_is_refused(version, asked, why):
    with pytest.raises(ReleaseError, match=why):
        release.large_enough(version, dict(zip(("bump", "from", "to"), asked, strict=True)))


@pytest.mark.parametrize("version", ["1.1.0", "1.10.0", "2.0.0"])
def test_a_number_may_be_larger(version):
    release.large_enough(version, {"bump": "minor", "from": "1.0.0", "to": "1.1.0"})


# -- what is refused ------------------------------------------------------------------


def failing(capsys, *arguments: str) -> str:
    assert release.main(arguments) == 1
    return str(capsys.readouterr().err)


def test_what_is_in_no_commit_is_not_released(sources, monkeypatch, capsys):
    monkeypatch.setattr(release, "ROOT", sources)
    (sources / "CHANGELOG.md").write_text(CHANGES + "more\n")
    assert "in no commit" in failing(capsys, "release", "1.0.0")


def test_a_commit_of_another_version_is_not_released(sources, monkeypatch, capsys):
    monkeypatch.setattr(release, "ROOT", sources)
    said = failing(capsys, "release", "1.1.0")
    assert "says 1.0.0, not 1.1.0; make version VERSION=1.1.0 sets it" in said
    assert not (sources / "release").exists()


def test_notes_of_a_later_version_are_not_released(sources, monkeypatch, capsys):
    monkeypatch.setattr(release, "ROOT", sources)
    (sources / "content/book.lock").write_text(lock(old=(5, "1.2.0")))
    commit(sources)
    assert "holds notes of 1.2.0" in failing(capsys, "release")


def test_a_previous_deck_that_is_not_there(sources, monkeypatch, capsys):
    monkeypatch.setattr(release, "ROOT", sources)
    assert "there is no " in failing(capsys, "release", "1.0.0", "--previous", "gone.apkg")


def test_two_builds_that_differ_are_named():
    release._agree({"a": b"1"}, {"a": b"1"})
    with pytest.raises(ReleaseError, match=r"not the same bytes in both places: a, b, c$"):
        release._agree({"a": b"1", "b": b"", "d": b""}, {"a": b"2", "c": b"", "d": b""})


def test_notes_that_changed_bear_the_version():
    release._bears(json.loads(lock(old=(5, "1.0.0"), new=(6, "1.1.0"))), "1.1.0")
    with pytest.raises(ReleaseError, match=r"make version VERSION=1\.2\.0"):
        release._bears(json.loads(lock(old=(5, "1.0.0"))), "1.2.0")


# -- what is gathered -----------------------------------------------------------------


def test_files_bear_the_version_and_folders_are_packed():
    made = {
        "dist/SHA256SUMS": b"",
        "dist/cards.json": b"{}",
        "dist/small-book.apkg": b"deck",
        "dist/small-book-a5.pdf": b"sheet",
        "dist/small-book.crowdanki/deck.json": b"[]",
        "dist/small-book.crowdanki/media/np-1.png": b"png",
        "package/small-book.whl": b"wheel",
    }
    files = release.gathered(made, "1.1.0")
    assert sorted(files) == [
        "cards.json",
        "small-book-1.1.0-a5.pdf",
        "small-book-1.1.0.apkg",
        "small-book-1.1.0.crowdanki.zip",
        "small-book.whl",
    ]
    with zipfile.ZipFile(io.BytesIO(files["small-book-1.1.0.crowdanki.zip"])) as packed:
        dates = {member.date_time for member in packed.infolist()}
        names = ["small-book.crowdanki/deck.json", "small-book.crowdanki/media/np-1.png"]
        assert packed.namelist() == names
        assert packed.read(names[1]) == b"png"
    assert dates == {(1980, 1, 1, 0, 0, 0)}


def test_an_archive_does_not_depend_on_the_order_of_its_files():
    one, other = {"a": b"1", "b": b"2"}, {"b": b"2", "a": b"1"}
    assert release._archive(one) == release._archive(other)


def test_release_notes_are_for_who_studies_first():
    told = release.notes("1.1.0", "### Added\n\n- A note", "- A command", ("abc", "VERSION=1.1.0"))
    assert told.startswith("# 1.1.0\n\n## Cards\n\n### Added\n\n- A note\n\n## Tool\n\n- A command")
    assert told.endswith("from commit abc: `make release VERSION=1.1.0`.\n")
    assert "## Tool" not in release.notes("1.1.0", "Nothing changed.", "", ("abc", ""))


# -- the bill of materials ------------------------------------------------------------

LOCK = """\
# This file was autogenerated by uv via the following command:
jinja2==3.1.6 \\
    --hash=sha256:00
    # via notepress (pyproject.toml)
markupsafe==3.0.3 ; sys_platform == 'linux' \\
    --hash=sha256:00 \\
    --hash=sha256:01
    # via
    #   -c requirements.lock
    #   notepress (pyproject.toml)
    #   jinja2
of-another-system==1.0 \\
    --hash=sha256:00
    # via asked-for
asked-for==2.0 \\
    --hash=sha256:00
    # via notepress (pyproject.toml)
"""


def test_a_lock_says_who_needs_whom():
    found = {one.name: (one.version, {*one.wanted_by}) for one in read_lock(LOCK)}
    assert found == {
        "jinja2": ("3.1.6", {"notepress"}),
        "markupsafe": ("3.0.3", {"notepress", "jinja2"}),
        "of-another-system": ("1.0", {"asked-for"}),
        "asked-for": ("2.0", {"notepress"}),
    }


def test_the_bill_lists_what_is_locked():
    bill = json.loads(sbom(LOCK, "1.1.0", 1_767_225_600, ["jinja2"]))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["timestamp"] == "2026-01-01T00:00:00Z"
    assert bill["metadata"]["component"]["version"] == "1.1.0"
    scopes = {part["name"]: part["scope"] for part in bill["components"]}
    assert scopes == {
        "jinja2": "required",
        "markupsafe": "required",
        "of-another-system": "optional",
        "asked-for": "optional",
    }
    licensed = {part["name"] for part in bill["components"] if part.get("licenses")}
    assert licensed == {"jinja2", "markupsafe"}
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    assert needs["pkg:pypi/jinja2@3.1.6"] == ["pkg:pypi/markupsafe@3.0.3"]
    assert len(needs["notepress"]) == 3
    assert len({part["bom-ref"] for part in bill["components"]}) == 4


def test_the_bill_is_the_same_each_time_and_another_for_another_release():
    bills = [sbom(LOCK, version, 1_767_225_600, ["jinja2"]) for version in ("1", "1", "2")]
    assert bills[0] == bills[1]
    serials = {json.loads(bill)["serialNumber"] for bill in bills}
    assert len(serials) == 2


def test_the_locks_of_the_project_are_read_whole(project):
    text = (project / "requirements.lock").read_text()
    found = read_lock(text)
    assert len(found) == text.count("==") - text.count(" == ")
    names = {one.name for one in found}
    for one in found:
        assert one.wanted_by
        assert one.wanted_by <= names | {"notepress"}
