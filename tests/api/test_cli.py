"""The command line as a whole: what it loads, and how it refuses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from api.cli import app, main

HEAVY = ("fastapi", "weasyprint", "boto3", "moto", "schemathesis")


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["sfdify", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr().err


def test_an_unknown_command_is_one_plain_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = refused(monkeypatch, capsys, "nosuch")
    assert status == 2
    assert said == "sfdify: No such command 'nosuch'.\n"


def test_settings_that_cannot_be_used_are_one_plain_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://nobody@example.com/none")
    status, said = refused(monkeypatch, capsys, "migrate")
    assert status == 1
    assert said.startswith("sfdify: DATABASE_URL: ")
    assert said.count("\n") == 1
    assert "nobody" not in said


def test_help_names_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["sfdify", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert app.info.help
    for name in ("demo", "up", "serve", "work", "project", "sandbox", "migrate", "audit", "projections", "jobs"):
        assert f" {name} " in said


@pytest.mark.parametrize("module", ["api.cli.running", "infrastructure.job_runs", "infrastructure.runtime"])
def test_no_process_waits_for_what_it_does_not_use(module: str) -> None:
    ask = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
