"""The locked packages -> a bill of materials, CycloneDX 1.6 in JSON.

Names, versions and who needs whom stand in the lock, which is the same everywhere;
licenses come from the metadata of what is installed, and a package of another system,
which is not installed here, has none told. Nothing in it depends on clock or machine:
the serial number is made from the rest. Source of the format: CycloneDX 1.6, ECMA-424.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

_PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
_VIA = re.compile(r"^ +# +(?:via +)?([A-Za-z0-9][\w.-]*)", re.MULTILINE)
_ROOT = "notepress"
_SHORT = 60


@dataclass(frozen=True, slots=True)
class Locked:
    """A package as a lock pins it, and the packages that it is there for."""

    name: str
    version: str
    wanted_by: frozenset[str]

    @property
    def purl(self) -> str:
        """Its address in the notation of package URLs."""
        return f"pkg:pypi/{self.name}@{self.version}"


def read_lock(text: str) -> tuple[Locked, ...]:
    """Read what ``uv pip compile`` wrote: an entry, its digests, and behind # who asked."""
    starts = [*_PINNED.finditer(text)]
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return tuple(
        Locked(found[1], found[2], frozenset(_VIA.findall(text, found.end(), end)) - {"via"})
        for found, end in zip(starts, ends, strict=True)
    )


def sbom(lock: str, version: str, moment: int, core: Iterable[str]) -> bytes:
    """Write the bill; ``core`` are the packages without which nothing is built at all."""
    packages = read_lock(lock)
    needs = {
        name: frozenset(p.name for p in packages if name in p.wanted_by)
        for name in (_ROOT, *(p.name for p in packages))
    }
    always = _reached(core, needs)
    root = {
        "type": "application",
        "bom-ref": _ROOT,
        "name": _ROOT,
        "version": version,
        "licenses": [{"license": {"id": "MIT"}}],
    }
    refs = {_ROOT: _ROOT} | {p.name: p.purl for p in packages}
    bill: dict[str, object] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "component": root,
        },
        "components": [_component(p, required=p.name in always) for p in packages],
        "dependencies": [
            {"ref": refs[name], "dependsOn": sorted(refs[one] for one in needs[name])}
            for name in refs
        ],
    }
    plain = json.dumps(bill, ensure_ascii=False, sort_keys=True)
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, plain).urn
    return (json.dumps(bill, ensure_ascii=False, indent=1) + "\n").encode()


def _reached(names: Iterable[str], needs: Mapping[str, frozenset[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(needs.get(name, ()))
    return reached


def _component(package: Locked, *, required: bool) -> dict[str, object]:
    licenses = [*_licenses(package.name)]
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "scope": "required" if required else "optional",
    } | ({"licenses": licenses} if licenses else {})


def _first(told: PackageMetadata, field: str) -> str:
    return next(iter(told.get_all(field) or ()), "")


def _licenses(name: str) -> Iterator[Mapping[str, object]]:
    """Give what a package's metadata says of its license: an expression, or else names."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return
    if expression := _first(told, "License-Expression"):
        yield {"expression": expression}
        return
    classifiers = told.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    names = [one for one in names if one != "OSI Approved"]
    written = _first(told, "License").strip()
    if not names and written and len(written) <= _SHORT and "\n" not in written:
        names = [written]
    yield from ({"license": {"name": one}} for one in names)
