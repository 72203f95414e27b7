"""A built package -> the same in the Anki that runs, with what its user changed left alone.

AnkiConnect can't give a note its GUID, and a note without ours would be doubled by the
next import. So new notes come as a package of their own, which Anki itself imports; the
others are changed field by field, after ``reconcile`` has told ours from the user's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from notepress import package, reconcile
from notepress.ankiconnect import Action, Anki, AnkiError, Refused, stored
from notepress.model import Finding, Level, Outcome, Span
from notepress.package import Package, PackedNote
from notepress.reconcile import Held, HeldNote, HeldType, Look, Plan, Record, Update, Wishes

T = TypeVar("T")
Show = Callable[[str], None]

_OLDEST: Final = 6
_NOTES_A_QUERY: Final = 200
_NOTES_A_PACKAGE: Final = 500
_PARCEL: Final = "_notepress.apkg"
_MOST_TITLES: Final = 20
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be pushed: a package's bytes, what they hold, and where they lie."""

    data: bytes
    held: Package
    path: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push: the plan, and what is to be remembered of it."""

    plan: Plan
    record: Record


@dataclass(slots=True)
class _Run:
    """A push under way: what goes where, who is told of it, and what went wrong so far."""

    anki: Anki
    parcel: Parcel
    show: Show
    findings: list[Finding]
    failed: set[str] = field(default_factory=set)

    def fail(self, notes: Iterable[PackedNote], message: str, hint: str) -> None:
        """Remember notes that didn't come to Anki, and say why."""
        self.failed |= {note.guid for note in notes}
        span = Span(self.parcel.path)
        self.findings.append(Finding("PUSH-FAILED", Level.ERROR, span, message, hint))


def parcel(data: bytes, path: str) -> Outcome[Parcel | None]:
    """Open a built package; None, and the reason, where it can't be read."""
    outcome = package.read(data, path)
    held = outcome.value
    return Outcome(Parcel(data, held, path) if held else None, outcome.findings)


def push(
    anki: Anki,
    parcel: Parcel,
    records: tuple[Record, Record],
    wishes: Wishes,
    show: Show | None,
) -> Outcome[Pushed | None]:
    """Bring a package to Anki; without ``show`` only say what would be done.

    ``records`` are what came to Anki before, and what was made but may not have come.
    What was done before an error stays done; pushing again goes on from there.
    """
    try:
        held = _held(anki, parcel.held)
        plan = reconcile.plan(parcel.held, held, *records, wishes)
        run = _Run(anki, parcel, show or (lambda _: None), [*_told(plan, parcel.path)])
        if show is not None:
            _carry_out(run, held, plan)
    except AnkiError as error:
        finding = Finding(error.code, Level.ERROR, Span(parcel.path), str(error), error.hint)
        return Outcome(None, (finding,))
    left = {*run.failed, *(note.guid for note in (*plan.deleted, *plan.retyped))}
    kinds = {kind.id: kind.name for kind in parcel.held.note_types}
    left |= {n.guid for n in parcel.held.notes if kinds.get(n.note_type) in plan.refused}
    left |= {str(number) for number, name in kinds.items() if name in plan.refused}
    now = reconcile.without(reconcile.made(parcel.held), left, plan.conflicts)
    return Outcome(Pushed(plan, reconcile.joined(records[0], now)), tuple(run.findings))


# --- what Anki has -----------------------------------------------------------------------


def _held(anki: Anki, ours: Package) -> Held:
    version = anki.ask("version")
    if not isinstance(version, int) or version < _OLDEST:
        hint = "Update the add-on: Tools, Add-ons, Check for Updates."
        raise AnkiError("ANKI-OLD", f"this AnkiConnect is of version {version}", hint)
    names = {number: name for name, number in _map(anki.ask("modelNamesAndIds"), int).items()}
    types = {k.id: _type(anki, names[k.id]) for k in ours.note_types if k.id in names}
    rows = [note.row for note in ours.notes]
    notes = dict(_notes(anki, rows))
    return Held(notes, types, _media(anki, ours))


def _type(anki: Anki, name: str) -> HeldType:
    asked = {"modelName": name}
    actions = ("modelFieldNames", "modelTemplates", "modelStyling")
    fields, templates, styling = _all(anki, [(action, asked) for action in actions])
    look = {"CSS": _map(styling, str).get("css", "")}
    for template, sides in _map(templates, dict).items():
        look |= {f"{template}/{side}": text for side, text in _map(sides, str).items()}
    return HeldType(name, tuple(_list(fields, str)), look)


def _notes(anki: Anki, rows: Sequence[int]) -> Iterator[tuple[int, HeldNote]]:
    """Find notes by their numbers: those of a first import are ours in every collection."""
    queries = [f"nid:{','.join(map(str, part))}" for part in _parts(rows, _NOTES_A_QUERY)]
    found = _all(anki, [("findNotes", {"query": query}) for query in queries])
    there = [row for part in found for row in _list(part, int)]
    asked = [("notesInfo", {"notes": part}) for part in _parts(there, _NOTES_A_QUERY)]
    for answer in _all(anki, asked):
        for plain in _list(answer, dict):
            if plain:  # an empty one is a note that is gone by now
                yield _note(plain)


def _note(plain: Mapping[str, object]) -> tuple[int, HeldNote]:
    number, kind = plain.get("noteId"), plain.get("modelName")
    if not isinstance(number, int) or not isinstance(kind, str):
        raise _unlike("notesInfo")
    fields = {
        name: str(_map(value, object).get("value", ""))
        for name, value in _map(plain.get("fields"), dict).items()
    }
    return number, HeldNote(kind, fields, tuple(_list(plain.get("tags"), str)))


def _media(anki: Anki, ours: Package) -> frozenset[str]:
    if not ours.media:
        return frozenset()
    start = os.path.commonprefix([*ours.media])  # noqa: RUF071  # of characters
    pattern = f"{start}*" if re.fullmatch(r"[\w-]*", start) else "*"
    return frozenset(_list(anki.ask("getMediaFilesNames", pattern=pattern), str))


# --- what is done to it ------------------------------------------------------------------


def _carry_out(run: _Run, held: Held, plan: Plan) -> None:
    files = package.media(run.parcel.data, frozenset(plan.media))
    actions = [stored(name, data) for name, data in files.items()]
    _all(run.anki, actions, _telling(run.show, "pictures"))
    _add(run, held, plan.added)
    _change(run, plan.updates)
    _all(run.anki, [action for look in plan.looks for action in _restyled(look)])


def _add(run: _Run, held: Held, added: Sequence[PackedNote]) -> None:
    """Have Anki import new notes, so that they have our GUIDs; several hundred at a time."""
    shelved = frozenset(held.types)
    for place, part in enumerate(_parts(added, _NOTES_A_PACKAGE)):
        run.show(f"new notes {place * _NOTES_A_PACKAGE} of {len(added)}")
        _import(run.anki, package.part(run.parcel.data, [note.row for note in part], shelved))
    arrived = dict(_notes(run.anki, [note.row for note in added]))
    lost = [note for note in added if note.row not in arrived]
    if lost:
        named = ", ".join(map(reconcile.title_of, lost[:_MOST_NAMED]))
        rest = f" and {len(lost) - _MOST_NAMED} more" if len(lost) > _MOST_NAMED else ""
        hint = (
            "Anki has them under other numbers, and kept what it has. A deck that came from\n"
            "CrowdAnki is updated by CrowdAnki."
        )
        run.fail(lost, f"not there after they were imported: {named}{rest}", hint)


def _import(anki: Anki, data: bytes) -> None:
    """Lay a package among the media, where Anki can read it wherever it runs, and take it away."""
    folder = anki.ask("getMediaDirPath")
    (name,) = _list(_all(anki, [stored(_PARCEL, data)]), str)
    try:
        if anki.ask("importPackage", path=f"{folder}/{name}") is not True:
            raise AnkiError("ANKI-REFUSED", "Anki imported nothing")
    finally:
        anki.ask("deleteMediaFile", filename=name)


def _change(run: _Run, updates: Sequence[Update]) -> None:
    written = [update for update in updates if update.fields]
    actions: list[Action] = [
        ("updateNoteFields", {"note": {"id": one.note.row, "fields": dict(one.fields)}})
        for one in written
    ]
    answers = run.anki.each(actions, _telling(run.show, "changed notes"))
    for one, answer in zip(written, answers, strict=True):
        if isinstance(answer, Refused):
            run.fail([one.note], f"{one.title} isn't changed: {answer.reason}", "")
    _all(run.anki, [*_tagged(updates)])
    # Anki writes back what an open editor shows, over what was just written.
    there = dict(_notes(run.anki, [one.note.row for one in written]))
    for one in written:
        if one.note.guid not in run.failed and not _arrived(one, there.get(one.note.row)):
            hint = "Close Anki's browser and its editors, and push again."
            run.fail([one.note], f"{one.title} isn't as it was pushed", hint)


def _arrived(update: Update, there: HeldNote | None) -> bool:
    return there is not None and all(
        reconcile.digest(there.fields.get(name, "")) == reconcile.digest(text)
        for name, text in update.fields.items()
    )


def _tagged(updates: Iterable[Update]) -> Iterator[Action]:
    """Change tags, many notes at once: those of a release share them."""
    groups: dict[tuple[str, str], list[int]] = {}
    for one in updates:
        for action, tags in (("removeTags", one.tags_removed), ("addTags", one.tags_added)):
            if tags:
                groups.setdefault((action, " ".join(tags)), []).append(one.note.row)
    for (action, shared), rows in sorted(groups.items(), reverse=True):
        yield action, {"notes": rows, "tags": shared}


def _restyled(look: Look) -> Iterator[Action]:
    if "CSS" in look.parts:
        yield "updateModelStyling", {"model": {"name": look.name, "css": look.parts["CSS"]}}
    templates: dict[str, dict[str, str]] = {}
    for name, text in look.parts.items():
        if name != "CSS":
            template, _, side = name.rpartition("/")
            templates.setdefault(template, {})[side] = text
    if templates:
        yield "updateModelTemplates", {"model": {"name": look.name, "templates": templates}}


# --- what is said ------------------------------------------------------------------------


def _told(plan: Plan, path: str) -> Iterator[Finding]:
    span = Span(path)
    for conflict in plan.conflicts:
        hint = "What is in Anki stays. Make both say the same, or push with --overwrite."
        if not conflict.known:
            hint = "--base OLD.apkg tells what it was when you imported it; --overwrite takes ours."
        message = f"{conflict.title}: {conflict.name} is another in Anki"
        told = message if not conflict.known else f"{message}, and changed here too"
        yield Finding("PUSH-CONFLICT", Level.WARNING, span, told, hint)
    for name, lacking in plan.refused.items():
        message = f"note type {name} lacks {', '.join(lacking)} in Anki; its notes wait"
        hint = "Import the package itself, with “Merge note types” ticked, and push again."
        yield Finding("NOTE-TYPE-CHANGED", Level.ERROR, span, message, hint)
    for what, notes, more in (
        ("was deleted in Anki, and stays so", plan.deleted, "--restore brings it back."),
        ("is of another note type in Anki, and stays so", plan.retyped, ""),
    ):
        for note in notes:
            message = f"{reconcile.title_of(note)} {what}"
            yield Finding("PUSH-KEPT", Level.NOTE, span, message, more)


def summary(plan: Plan, *, dry: bool) -> str:
    """Tell a plan in lines: what was done, or would be."""
    counts = (
        f"{len(plan.added)} new",
        f"{len(plan.updates)} changed",
        f"{plan.same} the same",
        f"{len(plan.media)} pictures",
        f"{len(plan.looks)} looks of note types",
    )
    kept = (
        ("edited by you", len(plan.edited)),
        ("in conflict", len({conflict.key for conflict in plan.conflicts})),
        ("deleted by you", len(plan.deleted)),
        ("of another note type", len(plan.retyped)),
    )
    lines = [f"{'would push' if dry else 'pushed'}: {', '.join(counts)}"]
    left = ", ".join(f"{count} {what}" for what, count in kept if count)
    lines += [f"left as they are: {left}"] if left else []
    if dry:
        lines += _listed("new", map(reconcile.title_of, plan.added))
        lines += _listed("changed", map(_changes, plan.updates))
    return "".join(f"{line}\n" for line in lines)


def _changes(update: Update) -> str:
    tags = [f"+{tag}" for tag in update.tags_added] + [f"-{tag}" for tag in update.tags_removed]
    return f"{update.title}: {' '.join([*update.fields, *tags])}"


def _listed(what: str, items: Iterable[str]) -> Iterator[str]:
    held = [*items]
    yield from (f"  {what}: {item}" for item in held[:_MOST_TITLES])
    if len(held) > _MOST_TITLES:
        yield f"  {what}: {len(held) - _MOST_TITLES} more"


def _telling(show: Show, what: str) -> Callable[[int, int], None]:
    return lambda done, whole: show(f"{what} {done} of {whole}")


# --- answers into values -----------------------------------------------------------------


def _all(
    anki: Anki, actions: Sequence[Action], show: Callable[[int, int], None] = lambda *_: None
) -> list[object]:
    """Have things done of which none may fail."""
    answers = anki.each(actions, show)
    for (name, _), answer in zip(actions, answers, strict=True):
        if isinstance(answer, Refused):
            raise AnkiError("ANKI-REFUSED", f"{name}: {answer.reason}")
    return answers


def _parts(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (items[start : start + most] for start in range(0, len(items), most))


def _list(value: object, kind: type[T]) -> list[T]:
    if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
        raise _unlike("a list")
    return value


def _map(value: object, kind: type[T]) -> dict[str, T]:
    if not isinstance(value, dict) or not all(isinstance(item, kind) for item in value.values()):
        raise _unlike("a table")
    return value


def _unlike(what: str) -> AnkiError:
    hint = "See that nothing else listens at NOTEPRESS_ANKI_URL."
    return AnkiError("ANKI-ODD", f"what answers isn't AnkiConnect: {what} is none", hint)
