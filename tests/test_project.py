"""The project as a whole: what holds of its files, whatever they are about.

Each guard is a function that gives the offenses it finds. It is run twice: on the
project, where there are none, and on something with an offense planted, so that a
guard which no longer bites is noticed.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tokenize
import tomllib
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# -- files ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def texts(project: Path) -> dict[str, str]:
    """Every text file that is in the repository or is about to be, by path."""
    listed = subprocess.run(
        # A clone that belongs to another user is read all the same.
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=project,
        check=True,
        capture_output=True,
    ).stdout
    found = {}
    for path in filter(None, listed.decode().split("\0")):
        file = project / path
        data = file.read_bytes() if file.is_file() else b""
        if b"\0" not in data[:8192]:
            found[path] = data.decode()
    assert "pyproject.toml" in found
    return found


def is_authors(path: str) -> bool:
    """Whether the file is one of the author's notes, whose words are not ours."""
    return re.fullmatch(r"content/[^/]+\.md", path) is not None


# Spelled in pieces, so that this file is not its own offender.
_REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("registry", "npmjs"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
)
_MACHINE = re.compile(r"(?<![\w.-])/(?:home|root|work|Users|private|mnt)/\w|\b[A-Z]:\\Users\\")


def naming_registries(texts: Mapping[str, str]) -> list[str]:
    return [
        f"{path}: {host}"
        for path, text in texts.items()
        if not is_authors(path)
        for host in _REGISTRIES
        if host in text
    ]


def naming_machine_paths(texts: Mapping[str, str]) -> list[str]:
    return [
        f"{path}: {found[0]}"
        for path, text in texts.items()
        if not is_authors(path)
        for found in _MACHINE.finditer(text)
    ]


def test_no_file_names_a_package_registry(texts):
    assert naming_registries(texts) == []


@pytest.mark.parametrize("host", _REGISTRIES)
def test_a_named_registry_is_noticed(host):
    assert naming_registries({"a.txt": f"see https://{host}/simple", "content/a.md": host}) == [
        f"a.txt: {host}"
    ]


def test_no_file_names_a_path_of_somebodys_machine(texts):
    assert naming_machine_paths(texts) == []


@pytest.mark.parametrize(
    "line", ["see /home" + "/me", "cd '/root" + "/x'", '"/Users' + '/a"', r"C:\Users" + r"\a"]
)
def test_a_path_of_somebodys_machine_is_noticed(line):
    assert len(naming_machine_paths({"a.txt": line, "content/notes.md": line})) == 1


@pytest.mark.parametrize(
    "line", ["https://example.org" + "/work" + "/a", "../work" + "/a", "a/root/b"]
)
def test_an_address_is_no_path(line):
    assert naming_machine_paths({"a.txt": line}) == []


# -- silenced checks ------------------------------------------------------------------

_SILENCED = re.compile(r"#\s*(?:ruff:\s*|flake8:\s*)?(?:noqa|type:\s*ignore|mypy:|pragma:)")
# A rule by its code, and a comment of at least two words that says why.
_EXPLAINED = re.compile(
    r"#\s*(?:(?:ruff:\s*)?noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w, -]+\])"
    r"\s+#\s+\S+\s+\S+"
)


def silenced_without_reason(texts: Mapping[str, str]) -> list[str]:
    return [
        f"{path}:{token.start[0]}: {token.string}"
        for path, text in texts.items()
        if path.endswith(".py")
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
        and _SILENCED.match(token.string)
        and not _EXPLAINED.match(token.string)
    ]


def test_whatever_is_silenced_has_a_code_and_a_reason(texts):
    assert silenced_without_reason(texts) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: E501",
        "# noqa: E501  # long",
        "# type: ignore",
        "# type: ignore  # no code, but a reason",
        "# type: ignore[misc]",
        "# ruff: noqa",
        "# mypy: ignore-errors",
    ],
)
def test_a_silenced_check_without_code_or_reason_is_noticed(comment):
    assert silenced_without_reason({"a.py": f"x = 1  {comment}\n"}) == [f"a.py:1: {comment}"]


@pytest.mark.parametrize(
    "comment",
    ["# noqa: S603, S607  # a fixed command", "# type: ignore[misc]  # their stub lacks it"],
)
def test_a_reason_is_accepted(comment):
    assert silenced_without_reason({"a.py": f"x = 1  {comment}\ny = '# noqa'\n"}) == []


# -- packages -------------------------------------------------------------------------


def read_lock(text: str) -> dict[str, tuple[str, int]]:
    """Name -> pinned version, and how many digests stand for it."""
    joined = re.sub(r"\\\n", " ", text)
    entries = [line for line in joined.splitlines() if line and not line.lstrip().startswith("#")]
    locked: dict[str, tuple[str, int]] = {}
    for entry in entries:
        pinned = re.match(r"([\w.-]+)==([^\s;]+)", entry)
        assert pinned, f"no exact version: {entry}"
        locked[canonicalize_name(pinned[1])] = (
            pinned[2],
            len(re.findall(r"--hash=sha256:[0-9a-f]{64}(?!\S)", entry)),
        )
    return locked


def without_digest(lock: str) -> list[str]:
    return [name for name, (_, digests) in read_lock(lock).items() if not digests]


def unmet(requirements: Iterable[str], lock: str) -> list[str]:
    """Give the requirements that the lock doesn't meet."""
    locked = read_lock(lock)
    return [
        line
        for line in requirements
        if (found := locked.get(canonicalize_name(Requirement(line).name))) is None
        or not Requirement(line).specifier.contains(found[0])
    ]


@pytest.fixture(scope="session")
def declared(texts: dict[str, str]) -> dict[str, list[str]]:
    """What pyproject.toml asks for: ``run`` to build and to ask a model, ``dev`` to test."""
    table = tomllib.loads(texts["pyproject.toml"])
    project = table["project"]
    run = [*project["dependencies"], *project["optional-dependencies"]["model"]]
    return {"run": run, "dev": table["dependency-groups"]["dev"]}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_its_digest(texts, lock):
    assert len(read_lock(texts[lock])) > 20
    assert without_digest(texts[lock]) == []


def test_a_package_without_digest_is_noticed():
    digest = "--hash=sha256:" + "0" * 64
    lock = f"a==1 \\\n    {digest}\nb==2 ; sys_platform == 'x'\n    # via a\n"
    assert without_digest(lock) == ["b"]


def test_the_lock_meets_what_is_asked_for(texts, declared):
    assert unmet(declared["run"], texts["requirements.lock"]) == []
    assert unmet(declared["run"] + declared["dev"], texts["requirements-dev.lock"]) == []


@pytest.mark.parametrize("line", ["absent", "a==2", "A.b>=1.5"])
def test_an_unmet_requirement_is_noticed(line):
    assert unmet([line, "a", "a-b==1.2"], "a==1\na-b==1.2\n") == [line]


def differing(small: str, large: str) -> list[str]:
    """Give the packages of the small lock that the large one holds otherwise, or not at all."""
    there = read_lock(large)
    return [name for name, pinned in read_lock(small).items() if there.get(name) != pinned]


def test_the_tests_run_on_what_the_build_runs_on(texts):
    assert differing(texts["requirements.lock"], texts["requirements-dev.lock"]) == []


def test_locks_that_differ_are_noticed():
    assert differing("a==1\nb==1\nc==1\n", "a==1\nb==2\n") == ["b", "c"]


def undeclared_imports(texts: Mapping[str, str], requirements: Iterable[str]) -> list[str]:
    """Give the imports in ``src`` of packages that are there only because another asks for them."""
    asked = {canonicalize_name(Requirement(line).name) for line in requirements}
    providers = packages_distributions()
    offenses = set()
    for path, text in texts.items():
        if not path.startswith("src/") or not path.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            else:
                continue
            for name in {module.partition(".")[0] for module in modules}:
                if name == "notepress" or name in sys.stdlib_module_names:
                    continue
                if asked.isdisjoint(map(canonicalize_name, providers.get(name, ()))):
                    offenses.add(f"{path}: {name}")
    return sorted(offenses)


def test_what_is_imported_is_asked_for(texts, declared):
    assert undeclared_imports(texts, declared["run"]) == []


def test_an_import_that_nobody_asked_for_is_noticed():
    texts = {"src/a.py": "import json, yaml\nfrom pytest import raises\nimport no_such_package.x\n"}
    assert undeclared_imports(texts, ["PyYAML>=6"]) == [
        "src/a.py: no_such_package",
        "src/a.py: pytest",
    ]


# -- commands -------------------------------------------------------------------------


def targets(makefile: str) -> list[str]:
    return re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE)


def unlisted_targets(folder: Path) -> list[str]:
    """Give the targets that ``make help`` doesn't tell about."""
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    listed = set(re.findall(r"^ *make ([a-z-]+) +\S", shown, re.MULTILINE))
    return [name for name in targets((folder / "Makefile").read_text()) if name not in listed]


def test_make_help_lists_every_target(project):
    assert {"all", "setup", "test", "check", "golden", "ci", "clean", "lock", "help"} <= set(
        targets((project / "Makefile").read_text())
    )
    assert unlisted_targets(project) == []


def test_a_target_that_help_leaves_out_is_noticed(project, tmp_path):
    makefile = (project / "Makefile").read_text()
    (tmp_path / "Makefile").write_text(makefile + "\nplanted: setup\n\ttrue\n")
    assert unlisted_targets(tmp_path) == ["planted"]


def only_in_one(makefile: str, pre_commit: str) -> set[str]:
    """Give the commands that ``make check`` runs and the hooks don't, or the other way round."""
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    checks = {line.strip().replace("$(RUN)", ".venv/bin/python") for line in recipe[1].splitlines()}
    hooks = [hook for repo in yaml.safe_load(pre_commit)["repos"] for hook in repo["hooks"]]
    return checks ^ {hook["entry"] for hook in hooks}


def test_the_hooks_are_the_checks(texts):
    assert only_in_one(texts["Makefile"], texts[".pre-commit-config.yaml"]) == set()


def test_a_check_without_its_hook_is_noticed(texts):
    planted = texts["Makefile"].replace("check: dev", "check: dev\n\tplanted", 1)
    planted = re.sub(r"(check: dev)\n\tplanted(.*\n)", r"\1\2\tplanted\n", planted)
    assert only_in_one(planted, texts[".pre-commit-config.yaml"]) == {"planted"}


def movable_actions(workflow: str) -> list[str]:
    """Give the actions that are named by what can be moved: a tag or a branch."""
    used = re.findall(r"uses:[ \t]*(\S+)", workflow)
    # What begins with a dot lies in the same commit.
    return [action for action in used if not re.search(r"^\./|@[0-9a-f]{40}$", action)]


def versions_of_actions(text: str) -> set[tuple[str, str, str]]:
    """Give each action with its commit, and the version that is written behind it."""
    return set(re.findall(r"uses:[ \t]*([\w./-]+)@([0-9a-f]{40})[ \t]*# (v\S+)", text))


_WORKFLOWS = (
    ".github/workflows/audit.yml",
    ".github/workflows/build.yml",
    ".github/workflows/release.yml",
    "README.md",
    "src/notepress/newbook.py",
)


@pytest.mark.parametrize("path", _WORKFLOWS)
def test_actions_are_named_by_commit(texts, path):
    assert "uses:" in texts[path]
    assert movable_actions(texts[path]) == []


def test_an_action_is_the_same_everywhere(texts):
    used = set[tuple[str, str, str]]().union(*(versions_of_actions(texts[p]) for p in _WORKFLOWS))
    assert len(used) == len({action for action, _, _ in used}) == 5


def test_an_action_named_by_tag_is_noticed():
    pinned = "a/b@" + "0" * 40
    written = f"- uses: {pinned} # v1\n- uses: a/c@v4\n- uses: ./.github/workflows/a.yml\n"
    assert movable_actions(written) == ["a/c@v4"]
    assert versions_of_actions(written) == {("a/b", "0" * 40, "v1")}


def powers(workflow: str) -> dict[str, set[str]]:
    """Give what each job may write, and under "" what every job may."""
    read = yaml.safe_load(workflow)
    asked = {"": read.get("permissions", {"everything": "write"})} | {
        name: job.get("permissions", {}) for name, job in read["jobs"].items()
    }
    return {
        name: {what for what, power in granted.items() if power != "read"}
        for name, granted in asked.items()
    }


def test_what_runs_our_code_may_write_nothing(texts):
    found = {path: powers(texts[path]) for path in _WORKFLOWS if path.endswith(".yml")}
    assert found == {
        _WORKFLOWS[0]: {"": set(), "audit": set()},
        _WORKFLOWS[1]: {"": set(), "build": set()},
        _WORKFLOWS[2]: {
            "": set(),
            "build": set(),
            "gather": set(),
            "publish": {"contents", "id-token", "attestations"},
        },
    }
    # And the job that may write has no files of ours but those that were built.
    steps = yaml.safe_load(texts[_WORKFLOWS[2]])["jobs"]["publish"]["steps"]
    assert not [step for step in steps if "checkout" in step.get("uses", "")]
    assert not [step for step in steps if "make" in step.get("run", "").split()]


def test_a_workflow_that_may_do_everything_is_noticed():
    assert powers("jobs:\n  a: {permissions: {contents: write, issues: read}}\n") == {
        "": {"everything"},
        "a": {"contents"},
    }


def expressions_in_scripts(workflow: str) -> list[str]:
    """Give the expressions that GitHub would paste into a script, where a name could be code."""
    jobs = yaml.safe_load(workflow)["jobs"].values()
    runs = [step["run"] for job in jobs for step in job.get("steps", ()) if "run" in step]
    return [found for run in runs for found in re.findall(r"\$\{\{.*?\}\}", run)]


@pytest.mark.parametrize("path", _WORKFLOWS[:3])
def test_no_expression_is_pasted_into_a_script(texts, path):
    assert expressions_in_scripts(texts[path]) == []


def test_an_expression_in_a_script_is_noticed():
    planted = "jobs:\n  a:\n    steps:\n    - run: echo ${{ github.ref }}\n"
    assert expressions_in_scripts(planted) == ["${{ github.ref }}"]


# -- build.py -------------------------------------------------------------------------


@pytest.fixture
def checkout(project: Path, tmp_path: Path) -> Path:
    """A folder with build.py and a tool that says what it was started with."""
    folder = tmp_path / "checkout"
    package = folder / "src" / "notepress"
    package.mkdir(parents=True)
    shutil.copy(project / "build.py", folder)
    (package / "__init__.py").touch()
    (package / "cli.py").write_text(
        "import json, sys\n\ndef main():\n    print(json.dumps(sys.argv[1:]))\n    return 7\n"
    )
    return folder


def run_build(folder: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run build.py as typed, after ``before`` has altered the interpreter."""
    code = f"{before}\nimport runpy; runpy.run_path({str(folder / 'build.py')!r}, None, '__main__')"
    start = ["-c", code] if before else [str(folder / "build.py")]
    return subprocess.run(
        [sys.executable, *start, *arguments], capture_output=True, text=True, check=False
    )


def test_build_hands_on_arguments_and_exit_code(checkout):
    ran = run_build(checkout, "sheet", "--strict")
    assert (ran.returncode, json.loads(ran.stdout), ran.stderr) == (7, ["sheet", "--strict"], "")


def test_build_moves_to_the_locked_packages(checkout):
    locked = checkout / ".venv" / "bin" / "python"
    locked.parent.mkdir(parents=True)
    locked.write_text('#!/bin/sh\nshift\necho "locked $*"\nexit 5\n')
    locked.chmod(0o755)
    ran = run_build(checkout, "deck", before="import sys; sys.version_info = (3, 6, 0)")
    assert (ran.returncode, ran.stdout) == (5, "locked deck\n")


def test_build_on_an_old_python_says_so(checkout):
    ran = run_build(checkout, before="import sys; sys.version_info = (3, 10, 4)")
    assert ran.returncode == 3
    assert "Python 3.11" in ran.stderr
    assert "make setup" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_build_without_its_packages_says_what_installs_them(checkout):
    cli = checkout / "src" / "notepress" / "cli.py"
    cli.write_text("def main():\n    import no_such_package.part\n")
    ran = run_build(checkout)
    assert ran.returncode == 3
    assert "no_such_package" in ran.stderr
    assert "make setup" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_build_shows_a_mistake_of_our_own(checkout):
    (checkout / "src" / "notepress" / "cli.py").write_text("import notepress.no_such_module\n")
    ran = run_build(checkout)
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


# -- .ci/setup ------------------------------------------------------------------------

_TOOLS = ("bash", "cat", "cmp", "cut", "dirname", "id", "paste", "sort", "tr", "uname")


@pytest.fixture
def machine(project: Path, tmp_path: Path) -> Path:
    """A folder with .ci/setup, and beside it the only programs that this machine has."""
    folder = tmp_path / "checkout"
    (folder / ".ci").mkdir(parents=True)
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(project / ".ci" / "setup", folder / ".ci")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / lock).write_text(f"{lock}\n")
    (tmp_path / "bin").mkdir()
    for tool in _TOOLS:
        where = shutil.which(tool)
        assert where
        (tmp_path / "bin" / tool).symlink_to(where)
    return folder


def script(file: Path, *lines: str) -> None:
    file.write_text("\n".join(("#!/usr/bin/env bash", *lines, "")))
    file.chmod(0o755)


def run_setup(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    programs = folder.parent / "bin"
    # By its full path: `env` is not among the few programs there are.
    bash = os.path.realpath(programs / "bash")
    for file in (*programs.glob("python*"), *folder.glob(".venv/bin/python")):
        file.write_text(file.read_text().replace("/usr/bin/env bash", bash))
    return subprocess.run(
        [bash, str(folder / ".ci" / "setup"), *arguments],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_setup_names_what_is_missing_for_each_system(machine, tmp_path):
    script(
        tmp_path / "bin" / "python3",
        'case "$1" in -) printf "%s\\t%s\\t%s\\n" deb-b rpm-b brew-b deb-a rpm-a brew-a ;;',
        '  -c) echo "$0" ;; esac',
    )
    ran = run_setup(machine)
    assert ran.returncode == 3
    for line in ("apt-get install deb-a deb-b", "dnf install rpm-a rpm-b", "install brew-a brew-b"):
        assert line in ran.stderr


def test_setup_with_an_old_python_alone_says_how_to_get_another(machine, tmp_path):
    script(tmp_path / "bin" / "python3", '[ "$1" = --version ] && echo Python 3.9.2')
    ran = run_setup(machine)
    assert ran.returncode == 3
    assert "Python 3.11 or newer; found: Python 3.9.2" in ran.stderr
    for system in ("Debian", "Fedora", "macOS"):
        assert system in ran.stderr


@pytest.mark.parametrize(
    ("wanted", "installed", "enough"),
    [
        ("run", "requirements.lock", True),
        ("run", "requirements-dev.lock", True),
        ("dev", "requirements-dev.lock", True),
        ("dev", "requirements.lock", False),
        ("run", "an older lock", False),
    ],
)
def test_setup_is_done_when_the_lock_is_installed(machine, wanted, installed, enough):
    script(machine / ".venv" / "bin" / "python", "exit 0")
    (machine / ".venv" / "installed.lock").write_text(f"{installed}\n")
    ran = run_setup(machine, wanted)
    assert (ran.returncode, ran.stderr == "") == ((0, True) if enough else (3, False))


def test_setup_does_not_trust_a_broken_environment(machine):
    script(machine / ".venv" / "bin" / "python", "exit 1")
    shutil.copy(machine / "requirements.lock", machine / ".venv" / "installed.lock")
    assert run_setup(machine).returncode == 3


# -- .ci/audit ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "ended", "expected"),
    [("", 0, 0), ("a 1.0 CVE-1", 1, 1), ("", 1, 3)],
    ids=["nothing found", "something found", "nobody answered"],
)
def test_an_audit_that_could_not_ask_is_told_from_one_that_found(
    machine, project, printed, ended, expected
):
    shutil.copy(project / ".ci" / "audit", machine / ".ci")
    asking = machine / ".venv" / "bin" / "uv"
    script(asking, f'printf "%s" "{printed}"', "echo wordy >&2", f"exit {ended}")
    ran = subprocess.run(
        ["bash", str(machine / ".ci" / "audit")], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.strip()) == (expected, printed)
    assert ("nothing is known" in ran.stderr) == (expected == 3)


# -- wheel ----------------------------------------------------------------------------

# As they lie in a checkout, and below notepress/_data in the wheel.
_DATA = ("templates", "content/knowledge", "images/drawn")


def missing_from_wheel(names: Iterable[str], folder: Path) -> list[str]:
    """Give the files of the tool's own data that a wheel of these names lacks."""
    packed = set(names)
    return sorted(
        path
        for data in _DATA
        for file in (folder / data).rglob("*")
        if file.is_file() and not file.name.startswith(".")
        if f"notepress/_data/{(path := file.relative_to(folder).as_posix())}" not in packed
    )


def test_the_wheel_holds_what_the_tool_knows_and_draws(project, tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        packed.extractall("installed")
    assert missing_from_wheel(names, project) == []
    assert not [name for name in names if name.endswith(".md")]
    found = subprocess.run(
        [sys.executable, "-c", "from notepress import places; print(places.home())"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert Path(found.strip()) == tmp_path / "installed" / "notepress" / "_data"


def test_a_file_that_the_wheel_lacks_is_noticed(tmp_path):
    for path in ("templates/a.css", "images/drawn/b.svg"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    names = ["notepress/_data/templates/a.css"]
    assert missing_from_wheel(names, tmp_path) == ["images/drawn/b.svg"]


# -- the fixtures that every test relies on -------------------------------------------


def test_no_test_reaches_another_machine(network):
    with socket.socket() as asking:
        for ask in (
            lambda: asking.connect(("192.0.2.1", 80)),
            lambda: asking.bind(("127.0.0.1", 0)),
            lambda: socket.getaddrinfo("example.org", 443),
        ):
            with pytest.raises(RuntimeError, match="may not open a socket"):
                ask()
    assert len(network.tried) == 3
    network.tried.clear()


@pytest.mark.loopback
def test_a_marked_test_reaches_its_own_machine_alone(network):
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        answering = server.accept()[0]
        with answering:
            client.sendall(b"hello")
            assert answering.recv(5) == b"hello"
    with socket.socket() as asking, pytest.raises(RuntimeError, match="may not open a socket"):
        asking.connect(("192.0.2.1", 80))
    network.tried.clear()


def test_tests_run_in_an_empty_folder(project):
    assert list(Path().iterdir()) == []
    assert project not in [Path.cwd(), *Path.cwd().parents]


def test_an_expected_file_is_written_when_asked_and_compared_otherwise(golden, tmp_path):
    write, compare = (type(golden)(tmp_path, update=update) for update in (True, False))
    with pytest.raises(AssertionError, match="make golden"):
        compare("case/expected.txt", "一\r\n")
    write("case/expected.txt", "一\r\n")
    compare("case/expected.txt", "一\r\n")
    with pytest.raises(AssertionError, match="make golden"):
        compare("case/expected.txt", "一\n")


def test_expected_files_are_not_written_in_ci(golden, monkeypatch):
    asked = SimpleNamespace(getoption={"--update-golden": True}.get)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.UsageError, match="reads the difference"):
        sys.modules[type(golden).__module__].pytest_configure(asked)
