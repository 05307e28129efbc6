"""House rules that a machine can check: layers, sizes, tests beside their subjects, names that never change."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from domain.kernel import Aggregate, Event

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("domain", "application", "projections", "infrastructure", "api", "migrations")
LINES_MAX = 400
FUNCTION_LINES_MAX = 70
STDLIB = frozenset(sys.stdlib_module_names)
ALLOWED = {
    "domain": STDLIB | {"domain", "pydantic", "eventsourcing.domain"},
    "application": STDLIB | {"domain", "application", "pydantic"},
}
ENVIRONMENT = {
    "infrastructure/stack.py": "hands its own environment to the processes it starts",
    "infrastructure/vendors/weasy.py": "tells the PDF library's C parts where fonts and the date come from",
}
"""Who may touch the process's environment beside the settings, and why."""

TESTED_ELSEWHERE = {
    "application/processes/access.py": "tests/application/test_reactions.py",
    "application/processes/cases.py": "tests/application/test_reactions.py",
    "application/processes/endings.py": "tests/application/test_reactions.py",
    "application/processes/feeds.py": "tests/application/test_reactions.py",
    "application/processes/setbacks.py": "tests/application/test_reactions.py",
    "infrastructure/clocks.py": "tests/infrastructure/test_wiring.py",
    "infrastructure/directory.py": "tests/infrastructure/test_wiring.py",
    "infrastructure/stores.py": "tests/infrastructure/test_wiring.py",
    "infrastructure/reads.py": "tests/infrastructure/test_wiring.py",
    "infrastructure/sandbox/credit_feed/__main__.py": "tests/infrastructure/sandbox/credit_feed/test_main.py",
    "infrastructure/sandbox/print_provider/__main__.py": "tests/infrastructure/sandbox/print_provider/test_main.py",
}
"""Modules whose test has another name than theirs."""

REACHED_THROUGH = {"domain/findings/dates.py": "its detectors are run by the registry, as reports run them"}
"""Modules whose test reaches them without importing them."""


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def imported(path: Path) -> frozenset[str]:
    """Every dotted name a module imports, `from a import b` as both `a` and `a.b`."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=30)
    return [path for part in listed.stdout.split(b"\0") if part and (path := ROOT / part.decode()).is_file()]


@pytest.mark.parametrize("layer", ALLOWED)
def test_inner_layers_import_only_what_they_may(layer: str) -> None:
    strangers = [
        (name(path), node.module if isinstance(node, ast.ImportFrom) else alias.name)
        for path in modules(layer)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if not _allowed(layer, (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name)
    ]
    assert strangers == []


def _allowed(layer: str, module: str) -> bool:
    return any(module == allowed or module.startswith(f"{allowed}.") for allowed in ALLOWED[layer])


def test_no_module_is_too_long() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*PACKAGES)}
    assert {path: lines for path, lines in lengths.items() if lines > LINES_MAX} == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in modules(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


def _has_logic(path: Path) -> bool:
    """A package's own module that only gathers names needs no test of its own."""
    if path.name != "__init__.py":
        return True
    return any(not _gathers(node) for node in tree(path).body)


def _gathers(node: ast.stmt) -> bool:
    words = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    names = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    return isinstance(node, ast.Import | ast.ImportFrom) or words or names


def _test_of(path: Path) -> Path:
    if name(path) in TESTED_ELSEWHERE:
        return ROOT / TESTED_ELSEWHERE[name(path)]
    relative = path.relative_to(ROOT)
    relative = relative.parent if path.name == "__init__.py" else relative.with_suffix("")
    return ROOT / "tests" / relative.parent / f"test_{relative.name}.py"


ASSERTS_BY_INHERITANCE = {
    "tests/infrastructure/event_store/test_library_cases.py": "the event-sourcing library's own cases assert",
}


def _asserts(test: Path) -> bool:
    if name(test) in ASSERTS_BY_INHERITANCE:
        return True
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "raises")
        for node in ast.walk(tree(test))
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_a_test_that_imports_it_and_asserts(package: str) -> None:
    faults = []
    for path in filter(_has_logic, modules(package)):
        test = _test_of(path)
        if not test.exists():
            faults.append(f"{name(path)} has no {name(test)}")
        elif name(path) not in REACHED_THROUGH and not _imports(test, dotted(path)):
            faults.append(f"{name(test)} does not import {dotted(path)}")
        elif not _asserts(test):
            faults.append(f"{name(test)} asserts nothing")
    assert faults == []


def _imports(test: Path, module: str) -> bool:
    return any(found == module or found.startswith(f"{module}.") for found in imported(test))


@cache
def _aggregates() -> tuple[type[Aggregate], ...]:
    for path in modules("domain"):
        import_module(dotted(path))
    found = (kind for kind in _all_subclasses(Aggregate) if kind.__module__.partition(".")[0] == "domain")
    return tuple(sorted(found, key=lambda kind: kind.__name__))


def _all_subclasses(kind: type) -> set[type]:
    return {kind for child in kind.__subclasses__() for kind in (child, *_all_subclasses(child))}


def _topics() -> dict[str, type]:
    topics: dict[str, type] = {}
    for aggregate in _aggregates():
        assert "TOPIC" in vars(aggregate), f"{aggregate.__name__} has no TOPIC"
        topics[vars(aggregate)["TOPIC"]] = aggregate
        for called, member in vars(aggregate).items():
            if isinstance(member, type) and issubclass(member, Event) and called != "Event":
                topic = getattr(member, "TOPIC", None)
                assert topic is not None, f"{member.__qualname__} has no TOPIC"
                assert topic not in topics, f"{topic} names two things"
                topics[topic] = member
    return topics


def test_every_aggregate_and_event_has_a_stable_name_of_its_own() -> None:
    for topic, kind in _topics().items():
        pattern = r"[a-z_]+" if issubclass(kind, Aggregate) else r"[a-z_]+\.[a-z_]+\.v[1-9]\d*"
        assert re.fullmatch(pattern, topic), f"{topic} is not a stable name"


def test_the_names_in_the_log_are_those_written_down() -> None:
    written = (ROOT / "tests" / "topics.txt").read_text(encoding="utf-8").split()
    assert written == sorted(set(written)), "tests/topics.txt is sorted and names each topic once"
    missing, new = sorted(set(written) - set(_topics())), sorted(set(_topics()) - set(written))
    assert missing == [], "a topic is for ever: events of this name may be in a log somewhere"
    assert new == [], "add these to tests/topics.txt, and streams of them to tests/replay"


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        name(path)
        for path in modules(*PACKAGES)
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
        or (isinstance(node, ast.alias) and node.name in ("environ", "getenv"))
    }
    assert readers - {"infrastructure/settings.py"} == set(ENVIRONMENT)


def test_nothing_is_left_for_later() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "raise NotImple" + "mented", "pytest.mark." + r"skip\(", "x" + "fail")
    marks = re.compile("|".join(words))
    left = [
        f"{name(path)}:{number}"
        for path in [*modules(*PACKAGES, "tests"), ROOT / "run"]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert left == []


def test_nothing_is_mocked() -> None:
    mocked = [name(path) for path in modules("tests") if any(m.startswith("unittest.mock") for m in imported(path))]
    assert mocked == []


def test_requirements_name_versions_and_hashes_but_no_place() -> None:
    for lock in ("requirements.lock", "requirements-image.lock", "requirements-uv.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert lines
        assert [line for line in lines if re.search(r"https?:|--index|--extra|trusted|find-links", line)] == []
    assert not (ROOT / "uv.lock").exists()


def test_the_tree_speaks_only_of_itself() -> None:
    words = ["/wo" + "rk/", "/ro" + "ot/", "py" + "pi.org", "python" + "hosted", "/ho" + "me/"]
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content or path.suffix in (".js", ".css", ".json"):
            continue
        text = content.decode("utf-8")
        found += [f"{name(path)}: {word}" for word in words if word in text]
    assert found == []


def test_every_test_module_asserts() -> None:
    idle = [name(path) for path in modules("tests") if path.name.startswith("test_") and not _asserts(path)]
    assert idle == []
