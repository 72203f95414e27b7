"""Under which licenses the packages stand that a build installs: none that binds its outputs."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

_FREE = re.compile(
    r"\b(?:MIT(?:-0|-CMU)?|BSD(?:-3-Clause| License)?"
    r"|Apache[ -](?:2\.0|License(?: 2\.0)?|Software License)"
    r"|MPL-2\.0|Mozilla Public License 1\.1|OFL-1\.1|PSF-2\.0)",
)
_BINDS = re.compile(r"\b(?:A|L)?GPL|General Public License", re.IGNORECASE)
# What the metadata don't say, or say otherwise than it comes to, and why it may be used.
_LOOKED_UP = {
    "frozendict": "LGPL-3.0-only; a module of its own, imported by genanki and not changed",
    "pyphen": "GPL, LGPL or MPL 1.1 at one's choice: MPL 1.1",
    "quickjs": "MIT: its metadata only name the file, which holds those words",
    "resvg-py": "MIT: its metadata only name the file, which holds those words",
}


def _locked(lock: str) -> list[str]:
    return re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)


def _terms(package: str) -> list[str]:
    """Give what a package says about its license: an expression, or its classifiers, or words."""
    about = metadata.metadata(package)
    if "License-Expression" in about:
        return [about["License-Expression"]]
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    return classifiers or (about.get_all("License") or [])[:1]


def _refused(terms: list[str]) -> bool:
    return not terms or any(_BINDS.search(t) or not _FREE.search(t) for t in terms)


def test_every_package_of_a_build_is_free_of_copyleft(project: Path) -> None:
    names = _locked((project / "requirements.lock").read_text("utf-8"))
    assert len(names) > 40
    refused = {}
    installed = 0
    for name in names:
        try:
            terms = _terms(name)
        except metadata.PackageNotFoundError:
            continue  # for another system or another Python
        installed += 1
        if name not in _LOOKED_UP and _refused(terms):
            refused[name] = terms
    assert refused == {}
    assert installed > len(names) / 2


def test_what_was_looked_up_is_still_in_the_lock(project: Path) -> None:
    names = _locked((project / "requirements.lock").read_text("utf-8"))
    assert set(_LOOKED_UP) - set(names) == set()


def test_anki_which_is_agpl_is_for_tests_alone(project: Path) -> None:
    assert "anki" not in _locked((project / "requirements.lock").read_text("utf-8"))
    assert _refused(_terms("anki"))


@pytest.mark.parametrize(
    "terms",
    [
        [],
        ["GPL-3.0-only"],
        ["AGPL-3.0-or-later"],
        ["LGPL-2.1"],
        ["Proprietary"],
        ["MIT", "GPL-2.0"],
    ],
)
def test_a_license_that_binds_would_be_seen(terms: list[str]) -> None:
    assert _refused(terms)
