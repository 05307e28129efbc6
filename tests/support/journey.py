"""The product as its users start it: real processes, a home of their own, nothing shared with other tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from infrastructure.embedded import ensure_server, stop_server
from infrastructure.settings import CHECKOUT

_NOT_OURS = ("DATABASE_URL", "REDIS_URL", "S3_", "KMS_", "LOB_", "SFDIFY_", "PYTHONDONTWRITEBYTECODE", "COLUMNS")
"""Variables of the machine that would make the product another one; without bytecode every start takes seconds more."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The machine's variables without ours, and a home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    bytecode = Path(tempfile.gettempdir()) / f"sfdify-bytecode-{os.getuid()}"
    return kept | {"SFDIFY_HOME": str(home), "PYTHONPYCACHEPREFIX": str(bytecode)} | more


@contextmanager
def new_home() -> Iterator[Path]:
    """A folder, with a space in its name, whose server is stopped and whose files are gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="sfdify tests "))
    home.chmod(0o755)
    try:
        yield home
    finally:
        assert stop_server(home), f"somebody still uses the server of {home}"
        data = (home / "postgres" / "server").resolve()
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def sfdify(home: Path, *arguments: str, timeout: float = 240, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=CHECKOUT,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def started(home: Path, arguments: Sequence[str], *, in_background: bool = False, **more: str) -> subprocess.Popen[str]:
    """Start one command in a session of its own, as a terminal would, or as a script's `&` does."""
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=CHECKOUT,
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_ignore_ctrl_c if in_background else _hear_ctrl_c,
    )


def _hear_ctrl_c() -> None:
    """A suite that was itself started in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _ignore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@dataclass(frozen=True)
class Walked:
    """A demonstration that has ended, and the home it leaves. `beside` is the other one that ran with it."""

    home: Path
    run: subprocess.CompletedProcess[str]
    facts: Mapping[str, Any]
    beside: Walked | None = None

    @property
    def database(self) -> str:
        return str(self.facts["database"])


def _walk(home: Path, name: str, *arguments: str) -> Walked:
    facts = home / f"{name}.json"
    run = sfdify(home, "demo", "--json", str(facts), *arguments)
    return Walked(home, run, json.loads(facts.read_text()) if facts.exists() else {})


@pytest.fixture(scope="session")
def demonstrated() -> Iterator[Walked]:
    """The whole demonstration, and a person's own report beside it, started at once in a home that is new to both.

    The server stays up for the commands that look at what the first one left.
    """
    own_report = str(CHECKOUT / "samples" / "first_pull.json")
    with new_home() as home:
        with ThreadPoolExecutor(2) as both:
            beside = both.submit(_walk, home, "own", "--report", own_report)
            whole = _walk(home, "walk")
            found = replace(whole, beside=beside.result())
        with ensure_server(home):
            yield found
