"""A call -> its result, reckoned in a second process where there is a second core.

The process is a fresh Python that reads the call from a pipe and writes the result to
another, so that it holds no lock of ours and ends with us. It only saves time: where it
fails, for whatever reason, the call is made here, and fails or succeeds as it would have.
"""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_SOURCES = str(Path(__file__).resolve().parents[1])
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from notepress import beside; beside.serve()"
)


@contextmanager
def beside(call: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Begin a call elsewhere; gives what waits for its result, or raises what it raises.

    ``call`` is a ``partial`` of a function of a module, whose arguments can be pickled;
    it hangs on nothing else. What is not asked for by the end of the block is given up.
    """
    if (os.cpu_count() or 1) < 2:  # noqa: PLR2004  # two at once
        yield call
        return
    try:
        process = subprocess.Popen(  # noqa: S603  # Python, with a program of ours
            # The folder that we are in may be a stranger's: -P imports nothing from there.
            [sys.executable, "-P", "-c", _PROGRAM, _SOURCES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us, and we end it
        )
    except OSError:
        yield call
        return
    told: list[bytes] = []

    def talk() -> None:
        with suppress(OSError, ValueError):
            told.append(process.communicate(pickle.dumps(call))[0])

    listener = threading.Thread(target=talk, daemon=True)
    listener.start()

    def result() -> T:
        listener.join()
        with suppress(Exception):  # whatever it is, the call itself will tell
            made: T = pickle.loads(told[0])  # noqa: S301  # written by ourselves
            return made
        return call()

    try:
        yield result
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it began itself
        listener.join()


def serve() -> None:
    """Be the other process: read a call, make it, write its result."""
    call: partial[object] = pickle.load(sys.stdin.buffer)  # noqa: S301  # written by ourselves
    # What a library prints must not get into the result.
    out, sys.stdout = sys.stdout.buffer, io.StringIO()
    out.write(pickle.dumps(call()))
    out.flush()
