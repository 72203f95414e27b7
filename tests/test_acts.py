"""Whatever people do to a book, in whatever order: nothing of theirs is lost or asked again."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from notepress import files, pipeline, places, review, store, strict
from notepress.files import Sources
from notepress.ledger import raws, replay, values
from notepress.model import Bilingual, Card, State
from tests import small_book

NOTE = "content/notes.md"
OTHER = "content/other.md"
TYPOS = {",": "，", "函数上升": "函数值上升", "累积": "累加", "越大越好": "越大就越好"}
WORDS = st.sampled_from(["手写的一句。", "另一句。", "第三句，不同。"])


class Acts(RuleBasedStateMachine):
    """A small book, a person who does things to it, and a run after each."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="acts"))
        self.home = places.home
        places.home = lambda: self.root
        self.written: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.added: set[str] = set()
        self.ids: set[str] = set()
        self.settled: set[tuple[str, str, str]] = set()

    def teardown(self) -> None:
        places.home = self.home
        shutil.rmtree(self.root)

    @initialize()
    def start(self) -> None:
        small_book.build(self.root)
        self._run()

    def _load(self) -> Sources:
        loaded = files.load(self.root)
        assert loaded.value is not None, loaded.findings
        return loaded.value

    def _run(self) -> dict[str, Card]:
        outcome = pipeline.ingest(self._load(), lambda _: None)
        made = outcome.value
        assert not [f for f in outcome.findings if f.level == "error"]
        own = {**made.changed, files.BOOK_LOCK: files.dump_json(made.lock)}
        files.save(self.root, own, made.gone)
        self.cards = {card.id: card for card in made.cards}
        self.findings = outcome.findings
        self.rest = made.rest
        self.ids |= set(self.cards)
        return self.cards

    def _save_cards(self, cards: list[Card]) -> None:
        kept = store.dump_all(cards, self.rest)
        there = [p.relative_to(self.root).as_posix() for p in self.root.glob("content/cards/*")]
        files.save(self.root, {p: t.encode() for p, t in kept.items()}, set(there) - set(kept))

    def _pick(self, data: st.DataObject, cards: list[str]) -> str:
        return data.draw(st.sampled_from(sorted(cards)))

    @rule(data=st.data(), text=WORDS)
    def edit_an_answer(self, data: st.DataObject, text: str) -> None:
        card_id = self._pick(data, list(self.cards))
        card = self.cards[card_id]
        edited = replace(card, answer=Bilingual(text, "Written by hand."))
        self._save_cards([edited if c.id == card_id else c for c in self.cards.values()])
        self.written[card_id] = text
        self._run()

    @rule(data=st.data())
    def delete_a_card(self, data: st.DataObject) -> None:
        if len(self.cards) < 3:
            return
        card_id = self._pick(data, list(self.cards))
        self._save_cards([card for card in self.cards.values() if card.id != card_id])
        self.written.pop(card_id, None)
        self.added.discard(card_id)
        self.deleted.add(card_id)
        self._run()

    @rule(number=st.integers(1, 3))
    def add_a_card(self, number: int) -> None:
        card_id = f"mine-{number}"
        if card_id in self.cards:
            return
        mine = Card(card_id, "optimization", question=Bilingual(f"我的问题{number}？", "Mine?"))
        self._save_cards([*self.cards.values(), mine])
        self.added.add(card_id)
        self.deleted.discard(card_id)
        self._run()

    @rule(typo=st.sampled_from(sorted(TYPOS)))
    def reword_a_note(self, typo: str) -> None:
        for name in (NOTE, OTHER):
            path = self.root / name
            if path.exists():
                text = path.read_text("utf-8")
                path.write_text(text.replace(typo, TYPOS[typo], 1), "utf-8")
        self._run()

    @rule(place=st.integers(0, 5))
    def move_a_note(self, place: int) -> None:
        parts = (self.root / NOTE).read_text("utf-8").strip("\n").split("\n\n")
        if len(parts) < 3:
            return
        moved = parts.pop(place % (len(parts) - 1))
        (self.root / NOTE).write_text("\n\n".join(parts) + "\n", "utf-8")
        with (self.root / OTHER).open("a", encoding="utf-8") as other:
            other.write(f"{moved}\n\n")
        self._run()

    @rule(key=st.sampled_from("ar"))
    def settle_a_proposal(self, key: str) -> None:
        question = next(iter(review.questions(self.cards.values())), None)
        if question is None:
            return
        decision = review.decide(question, lambda _: key)
        assert decision
        files.append(self.root, files.DECISIONS, strict.dump((decision,)))
        self.settled.add((question.change.code, question.change.before, question.raw))
        self._run()

    @rule()
    def run_again(self) -> None:
        before, told = small_book.snapshot(self.root), self.findings
        self._run()
        assert small_book.snapshot(self.root) == before
        # What nothing was done about is told again: a run that is spared tells the same.
        assert self.findings == told

    @invariant()
    def hand_edits_stay(self) -> None:
        for card_id, text in self.written.items():
            assert self.cards[card_id].answer.zh == text

    @invariant()
    def what_was_deleted_stays_deleted(self) -> None:
        assert not self.deleted & set(getattr(self, "cards", {}))

    @invariant()
    def what_was_added_stays(self) -> None:
        assert self.added <= set(getattr(self, "cards", {}))

    @invariant()
    def nothing_is_asked_again(self) -> None:
        cards = getattr(self, "cards", {}).values()
        asked = {(q.change.code, q.change.before, q.raw) for q in review.questions(cards)}
        assert not asked & self.settled

    @invariant()
    def the_ledger_tells_everything(self) -> None:
        for card in getattr(self, "cards", {}).values():
            if card.id in self.added:
                continue
            told = replay(raws(card.raw, card.origins), card.changes)
            assert {name: told.get(name) for name in values(card)} == values(card)
            assert all(change.state in State for change in card.changes)


TestActs = Acts.TestCase
# Runs touch the disk, so shrinking a failure would take minutes; the steps tell enough.
TestActs.settings = settings(
    max_examples=12,
    stateful_step_count=10,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
