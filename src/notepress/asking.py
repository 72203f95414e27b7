"""What is open -> replies of a language model, each kept as soon as it may be used.

This is the step before ``ingest`` that ``normalize --model`` takes; every other run
reads what it left in ``content/replies``, and needs no model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from notepress import files
from notepress.completers import prompts
from notepress.completers.endpoint import Endpoint, Usage, converse
from notepress.completers.prompts import SAMPLING, Ask
from notepress.completers.replies import Judge, Kept
from notepress.model import Finding, Level

Show = Callable[[str], None]


@dataclass(slots=True)
class Asking:
    """How far the asking has come: replies by their path, findings, and tokens as counted."""

    replies: dict[str, Kept]
    findings: list[Finding]
    usage: Usage = Usage()
    done: int = 0


def estimate(asks: Sequence[Ask], model: str) -> str:
    """Say what asking will take, before anything is sent."""
    sent = sum(ask.tokens for ask in asks)
    most = len(asks) * SAMPLING["max_tokens"]
    return (
        f"asking {model} about {len(asks)} entries: about {sent:,} tokens to send,"
        f" at most {most:,} to receive"
    )


def ask(root: Path, asks: Sequence[Ask], endpoint: Endpoint, judge: Judge, show: Show) -> Asking:
    """Ask about every entry, and keep what may be used; ``show`` is told how far it is.

    KeyboardInterrupt is let through: what came until then is kept.
    """
    asking = Asking({}, [])
    with closing(converse(asks, endpoint, judge)) as answers:
        for answer in answers:
            asking.done += 1
            asking.usage += answer.usage
            if answer.finding is not None:
                asking.findings.append(answer.finding)
            if answer.reply is not None:
                path, kept = prompts.keep(endpoint.model, answer.ask.asked, answer.reply)
                files.save(root, {path: prompts.dump(kept).encode()})
                asking.replies[path] = kept
            show(_so_far(asking, len(asks)))
    if asking.replies:
        # What came is worth going on with.
        asking.findings = [replace(f, level=Level.WARNING) for f in asking.findings]
    return asking


def _so_far(asking: Asking, count: int) -> str:
    tokens = asking.usage.sent + asking.usage.received
    return f"{asking.done}/{count} asked, {len(asking.replies)} replies kept, {tokens:,} tokens"


def told(asking: Asking) -> str:
    """Say what came of it, with the tokens that the server counted."""
    refused = sum(finding.code == "MODEL-REFUSED" for finding in asking.findings)
    usage = asking.usage
    counted = (
        f"{usage.sent:,} tokens sent, {usage.received:,} received"
        if usage.sent
        else "the server doesn't count tokens"
    )
    return f"{len(asking.replies)} replies kept, {refused} refused; {counted}"
