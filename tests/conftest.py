"""What every test starts from: an empty folder, one time zone and locale, and no network."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[1]

_SETTINGS = {"LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1767225600", "TZ": "UTC"}
# The tool behaves otherwise where these are set; a test that wants them sets them.
_UNSET = ("CI", "FORCE_COLOR", "GITHUB_ACTIONS", "LANG", "LANGUAGE", "NO_COLOR")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/golden anew from what the tests give; read the difference",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is for a person who reads the difference, not CI")
    # A slow machine is no failure; and where nobody can look into a failure that comes
    # and goes, the cases drawn are the same each time.
    settings.register_profile("notepress", deadline=None, derandomize="CI" in os.environ)
    settings.load_profile("notepress")
    # Tests run elsewhere, and a failure found once is to be tried again.
    set_hypothesis_home_dir(ROOT / ".hypothesis")
    for name in _UNSET:
        os.environ.pop(name, None)
    os.environ.update(_SETTINGS)
    # Nothing of a test's is to lie where the user's own things do.
    state = tempfile.TemporaryDirectory(prefix="notepress-tests-")
    config.add_cleanup(state.cleanup)
    os.environ["XDG_STATE_HOME"] = state.name
    # A shell starts in its background what ignores interrupts, and so would every build.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    time.tzset()


class NetworkTriedError(RuntimeError):
    """A test asked for another machine; no ``OSError``, so that no retry swallows it."""


class Network:
    """The audit hook that stands between a test and every address it asks for.

    It hears each socket of the interpreter, by whatever name it was imported.
    """

    _ASKING = frozenset(
        f"socket.{call}"
        for call in (
            "bind",
            "connect",
            "getaddrinfo",
            "gethostbyaddr",
            "gethostbyname",
            "sendmsg",
            "sendto",
        )
    )
    _OWN = ("127.", "::1", "localhost")

    def __init__(self) -> None:
        self.watching = False
        self.loopback = False
        self.tried: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if not self.watching or event not in self._ASKING:
            return
        # The first argument of a method is the socket; a look-up begins with the host.
        asked = args[0] if event.startswith("socket.get") else args[1]
        if isinstance(asked, tuple):
            asked = asked[0]
        elif asked is None or (not event.startswith("socket.get") and isinstance(asked, str)):
            return  # a socket of this machine's own file system, or one connected before
        host = os.fsdecode(asked) if isinstance(asked, bytes) else str(asked)
        if not (self.loopback and host.startswith(self._OWN)):
            self.tried.append(f"{event}({host})")
            raise NetworkTriedError(f"a test may not open a socket: {self.tried[-1]}")


_NETWORK = Network()


@pytest.fixture(autouse=True)
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    """No socket, but for tests marked ``loopback``; a refusal that was swallowed still fails."""
    _NETWORK.tried.clear()
    _NETWORK.loopback = request.node.get_closest_marker("loopback") is not None
    _NETWORK.watching = True
    try:
        yield _NETWORK
    finally:
        _NETWORK.watching = False
    assert not _NETWORK.tried, "a test asked for the network"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test writes without saying where goes nowhere that matters."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT


class Golden:
    """Compares what a test gives with the expected text in a file, or writes that file anew."""

    def __init__(self, folder: Path, *, update: bool) -> None:
        self.folder = folder
        self.update = update

    def __call__(self, path: str, actual: str) -> None:
        file = self.folder / path
        if self.update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(actual.encode())
            return
        assert file.is_file(), f"there is no {file} yet: `make golden` writes it"
        assert actual == file.read_bytes().decode(), (
            f"not as in {file}; if that is meant: `make golden`"
        )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """``golden("stage/case/expected.txt", actual)``, with paths below tests/golden."""
    return Golden(ROOT / "tests" / "golden", update=request.config.getoption("--update-golden"))
