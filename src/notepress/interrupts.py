"""Signals -> an orderly end: a request to end is taken for Ctrl-C, and waits while files move."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any


class Terminated(KeyboardInterrupt):  # an interruption, as its base is
    """Whoever runs us asked for an end, as Ctrl-C does."""


def stoppable() -> AbstractContextManager[None]:
    """Take a request to end for Ctrl-C, so that nothing is left lying about."""

    def stop(*_: object) -> None:
        raise Terminated

    return _handling({signal.SIGTERM: stop})


def unstoppable() -> AbstractContextManager[None]:
    """Write to the end what is begun, in the moment that it takes to move files into place."""
    return _handling(dict.fromkeys((signal.SIGINT, signal.SIGTERM), signal.SIG_IGN))


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
