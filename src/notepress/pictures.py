"""Drawings and photographs -> what a page or a card shows of them, each made once.

To outline a label, to draw a picture in pixels and to code a photograph anew takes
longer than all else about a note, and its result hangs on the bytes of the picture and
of the fonts alone. So it is kept, by ``Assets.keep``, and serves the next build.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from notepress import figures, photos, strict, trusted
from notepress.figures import Named, Palette
from notepress.model import Finding, Keep, Outcome
from notepress.photos import Picture


# Without slots, for the sake of what is reckoned once.
@dataclass(frozen=True)
class Pictures:
    """Makes pictures for one output; ``faces`` are the files of its fonts."""

    keep: Keep
    faces: Mapping[str, bytes]

    @cached_property
    def _lettering(self) -> str:
        return " ".join(_digest(self.faces[name]) for name in sorted(self.faces))

    def outline(self, svg: bytes, palette: Palette, lang: str = "zh") -> str:
        """Give a drawing as ``figures.outline`` does; raises ``DrawingError`` as that."""
        key = f"outline {lang} {palette} {_digest(svg)} {self._lettering}"
        return self.keep(
            key, lambda: figures.outline(svg, palette, self.faces, lang).encode()
        ).decode()

    def raster(self, svg: bytes, palette: Palette, width: int) -> bytes:
        """Give a drawing in pixels, ``width`` of them wide; raises ``DrawingError``."""
        # An outline stays the same where fonts have but other letters besides.
        drawn = self.outline(svg, palette)
        return self.keep(
            f"raster {width} {_digest(drawn.encode())}", lambda: figures.raster(drawn, width)
        )

    def names(self, svg: bytes) -> tuple[Named, ...]:
        """Give the words on a drawing as ``figures.names`` does; raises ``DrawingError``."""

        def make() -> bytes:
            return _written(figures.names(svg, self.faces))

        kept = self.keep(f"names {_digest(svg)} {self._lettering}", make)
        return trusted.build(tuple[Named, ...], json.loads(kept))

    def faults(self, svg: bytes, path: str) -> tuple[Finding, ...]:
        """Say what is wrong with a drawing's labels as ``figures.proof`` does."""

        def make() -> bytes:
            return _written(figures.proof(svg, path, self.faces))

        kept = self.keep(f"proof {path} {_digest(svg)} {self._lettering}", make)
        return trusted.build(tuple[Finding, ...], json.loads(kept))

    def photo(self, data: bytes, path: str, longest: int = 0) -> Outcome[Picture | None]:
        """Prove a photograph as ``photos.prove`` does, with all that is said of it."""

        def make() -> bytes:
            proved = photos.prove(data, path, longest)
            photo = proved.value
            told = [photo.suffix, photo.width, photo.height] if photo else []
            head = _written([told, proved.findings])
            return head + b"\n" + (photo.data if photo else b"")

        kept = self.keep(f"photo {longest} {_digest(data)} {path}", make)
        head, _, body = kept.partition(b"\n")
        told, said = json.loads(head)
        findings = trusted.build(tuple[Finding, ...], said)
        return Outcome(Picture(body, *told) if told else None, findings)


def _written(value: object) -> bytes:
    """Write a value as JSON, which keeps to one line."""
    return json.dumps(strict.to_plain(value), ensure_ascii=False).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
