"""The set-up script: it must start on a machine that has nothing but python3."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
RUN = ROOT / "run"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, at work in a checkout of its own that has a space in its path."""
    checkout = tmp_path / "a checkout"
    checkout.mkdir()
    for name in ("run", "requirements.lock", "requirements-uv.lock"):
        shutil.copy(ROOT / name, checkout / name)
    loader = importlib.machinery.SourceFileLoader("run_script", str(checkout / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _run(*arguments: str, path: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "HOME": "/nonexistent"}
    command = [sys.executable, str(RUN), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)


def _tree() -> ast.Module:
    return ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_an_old_python_can_read_it_to_be_told_so() -> None:
    assert ast.get_docstring(_tree())


def test_it_imports_the_standard_library_only() -> None:
    names = {
        alias.name if isinstance(node, ast.Import) else (node.module or "")
        for node in ast.walk(_tree())
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in names if name != "api.cli"} <= sys.stdlib_module_names


def test_both_scripts_can_be_executed_and_ci_runs_the_test_command() -> None:
    assert os.access(RUN, os.X_OK)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("exec ./run test")


def test_help_needs_no_set_up() -> None:
    done = _run("--help", path="/nonexistent")
    assert done.returncode == 0
    assert "./run test" in done.stdout


def test_what_is_missing_becomes_one_command_to_type(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "LIBRARIES", {"libpango-1.0-0": ("no-such-library.so.0",)})
    monkeypatch.setattr(script, "BREW_FOLDERS", ())
    monkeypatch.setattr(script.shutil, "which", {"apt-get": "/usr/bin/apt-get"}.get)
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as stopped:
        script.ensure_system(testing=True)
    assert stopped.value.code == 1
    said = capsys.readouterr().err
    packages = "libpango-1.0-0 redis-server curl"
    assert f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}\n" in said
    assert len(said.splitlines()) == 1


def test_libraries_are_tested_by_loading_them(script: ModuleType) -> None:
    assert script.loads(("no-such-library.so.0",)) is False
    assert script.loads(("no-such-library.so.0", "libc.so.6", "libSystem.dylib")) is True


def test_the_environment_is_remade_when_what_it_was_made_from_changes(script: ModuleType) -> None:
    script.PYTHON.parent.mkdir(parents=True)
    script.PYTHON.symlink_to(sys.executable)
    assert not script.installed()
    script.STAMP.write_text(script.wanted(), encoding="utf-8")
    assert script.installed()
    with (script.ROOT / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# another line\n")
    assert not script.installed()
    script.STAMP.write_text(script.wanted(), encoding="utf-8")
    script.PYTHON.unlink()
    assert not script.installed()


def test_python_and_uv_are_told_what_they_need(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    environment = script.environment()
    assert "PYTHONPATH" not in environment
    assert environment["PYTHONUTF8"] == "1"
    assert environment["UV_SYSTEM_CERTS"] == environment["UV_NATIVE_TLS"] == "1"
    assert environment["HTTPS_PROXY"] == "http://proxy.example:3128"


def test_the_launcher_works_in_a_path_with_a_space(script: ModuleType) -> None:
    script.PYTHON.parent.mkdir(parents=True)
    script.PYTHON.symlink_to(sys.executable)
    script.link_project.__globals__["answer"] = lambda command: str(script.VENV)
    script.link_project()
    assert (script.VENV / "sfdify.pth").read_text(encoding="utf-8") == f"{script.ROOT}\n"
    (script.ROOT / "api").mkdir()
    (script.ROOT / "api" / "cli.py").write_text("import sys\ndef main():\n    print(sys.argv[1:])\n    return 7\n")
    done = subprocess.run(
        [script.VENV / "bin" / "sfdify", "a b", "c"], env={"PATH": os.environ["PATH"], "PYTHONPATH": str(script.ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("['a b', 'c']\n", 7), done.stderr


def test_the_first_failing_check_is_named_and_ends_it(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (script.VENV / "bin").mkdir(parents=True)
    script.PYTHON.symlink_to(shutil.which("false") or "/bin/false")
    (script.VENV / "bin" / "ruff").symlink_to(shutil.which("true") or "/bin/true")
    monkeypatch.chdir(script.ROOT)
    assert script.test([]) == 1
    assert capsys.readouterr().err.splitlines() == ["run: ruff", "run: mypy", "run: mypy failed"]
    assert script.test(["-k", "foo"]) == 1
    assert capsys.readouterr().err.splitlines() == ["run: pytest", "run: pytest failed"]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-uv.lock"])
def test_locks_pin_by_hash_and_name_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.M))
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+==\S+", requirement), requirement[:80]
        assert "--hash=sha256:" in requirement, requirement[:80]
    assert "://" not in text
    assert "index-url" not in re.sub(r"^#.*\n", "", text, flags=re.M)


def test_the_lock_covers_every_declared_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.M))
    names = {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-") for requirement in declared}
    assert names <= locked
