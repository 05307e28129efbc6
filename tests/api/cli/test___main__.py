"""`python -m api.cli` is the whole command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_loading_it_runs_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["sfdify", "nosuch"])
    monkeypatch.delitem(sys.modules, "api.cli.__main__", raising=False)
    with pytest.raises(SystemExit) as ended:
        import api.cli.__main__  # noqa: F401 loading it is what is tested
    assert ended.value.code == 2
    assert capsys.readouterr().err == "sfdify: No such command 'nosuch'.\n"


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "api.cli", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "consumer credit disputes" in done.stdout
