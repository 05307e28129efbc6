"""Starting everything with one command, and every way in which it may end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from infrastructure.embedded import ensure_server
from infrastructure.stack import free_port
from tests.support.journey import new_home, sfdify, started

pytestmark = pytest.mark.slow


class Up:
    """A running `sfdify up`, what it said, and the processes it started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        names = ("SFDIFY_PORT", "SFDIFY_SANDBOX_PORT", "SFDIFY_FEED_PORT")
        self.ports = {name: str(free_port()) for name in names}
        self.process = started(home, ["up"], in_background=True, **self.ports)
        self.said = self._hear()
        self.family = descendants(self.process.pid)

    def _hear(self) -> str:
        heard: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            heard.append(line)
            if "Platform key" in line:
                return "".join(heard)
        raise AssertionError(f"it ended: {''.join(heard)}{self.process.communicate()[1]}")

    def all_gone(self) -> None:
        ends_at = time.monotonic() + 45
        while left := [pid for pid in self.family if Path(f"/proc/{pid}").exists() and not _is_dead(pid)]:
            assert time.monotonic() < ends_at, f"still there: {left}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for all, whose server stays up between them."""
    with new_home() as made, ensure_server(made):
        yield made


@pytest.fixture
def up(home: Path) -> Iterator[Up]:
    found = Up(home)
    try:
        yield found
    finally:
        found.process.kill()
        found.all_gone()
        found.process.communicate()


def descendants(root: int) -> set[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parent_of = {int(pid): int(parent) for pid, parent in (line.split() for line in listed.splitlines())}
    found: set[int] = set()
    while more := {pid for pid, parent in parent_of.items() if parent in found | {root}} - found:
        found |= more
    return found


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_leaves_nothing_behind(up: Up, number: signal.Signals) -> None:
    url = f"http://127.0.0.1:{up.ports['SFDIFY_PORT']}"
    for wanted in (f"{url}/docs", f"{url}/v1/auth/sign-in", "Ctrl-C stops it", "sp_"):
        assert wanted in up.said
    assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
    assert len(up.family) >= 6
    os.kill(up.process.pid, number)
    rest, complaint = up.process.communicate(timeout=60)
    assert up.process.returncode == 0
    assert rest.strip() == "stopped"
    assert "Traceback" not in complaint
    up.all_gone()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_killed_without_warning_its_processes_leave_by_themselves(up: Up) -> None:
    up.process.kill()
    up.process.wait(10)
    up.all_gone()


def test_a_second_one_on_the_same_ports_says_so_in_one_line_and_harms_nobody(up: Up) -> None:
    second = sfdify(up.home, "up", **up.ports)
    assert second.returncode == 1
    assert second.stdout == ""
    assert re.fullmatch(r"sfdify: port \d+ .* SFDIFY_PORT .*\n", second.stderr)
    assert httpx.get(f"http://127.0.0.1:{up.ports['SFDIFY_PORT']}/readyz", trust_env=False).status_code == 200


def test_a_child_that_dies_ends_it_with_one_line_naming_the_child(up: Up) -> None:
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(up.process.pid)], capture_output=True, text=True
    ).stdout
    projector = next(int(line.split()[0]) for line in listed.splitlines() if line.endswith("api.cli project"))
    os.kill(projector, signal.SIGKILL)
    _, complaint = up.process.communicate(timeout=60)
    assert up.process.returncode == 1
    assert "sfdify: projector ended with status -9" in complaint
    assert "Traceback" not in complaint


def test_the_api_alone_stops_the_server_it_was_the_last_to_use() -> None:
    with new_home() as home:
        port = str(free_port())
        assert sfdify(home, "migrate").returncode == 0
        api = started(home, ["serve"], SFDIFY_PORT=port)
        try:
            while not _is_live(f"http://127.0.0.1:{port}/livez"):
                assert api.poll() is None, api.communicate()[1]
                time.sleep(0.1)
        finally:
            api.terminate()
            _, complaint = api.communicate(timeout=60)
        assert api.returncode == 0, complaint
        assert not (home / "postgres" / "server" / "data" / "postmaster.pid").exists()


@pytest.mark.parametrize("command", ["serve", "work", "project"])
def test_one_asked_to_stop_while_it_starts_gives_the_server_back(command: str) -> None:
    with new_home() as home:
        assert sfdify(home, "migrate").returncode == 0
        users = home / "postgres" / "users.lock"
        process = started(home, [command], SFDIFY_PORT=str(free_port()))
        try:
            while not _claims(process.pid, users):
                assert process.poll() is None, process.communicate()[1]
                time.sleep(0.002)
        finally:
            process.terminate()
            _, complaint = process.communicate(timeout=90)
        assert "Traceback" not in complaint
        assert not (home / "postgres" / "server" / "data" / "postmaster.pid").exists()


@pytest.mark.parametrize("names", [["print", "feed"], ["print"], ["feed"]])
def test_the_sandboxes_run_together_or_alone_and_stop_in_order(names: list[str]) -> None:
    with new_home() as home:
        ports = {"print": str(free_port()), "feed": str(free_port())}
        words = ["sandbox", *(names if len(names) == 1 else [])]
        sandbox = started(home, words, SFDIFY_SANDBOX_PORT=ports["print"], SFDIFY_FEED_PORT=ports["feed"])
        try:
            while not all(_is_live(f"http://127.0.0.1:{ports[name]}/sandbox/ledger") for name in names):
                assert sandbox.poll() is None, sandbox.communicate()[1]
                time.sleep(0.05)
            others = ports.keys() - set(names)
            assert not any(_is_live(f"http://127.0.0.1:{ports[name]}/sandbox/ledger") for name in others)
        finally:
            sandbox.terminate()
            _, complaint = sandbox.communicate(timeout=60)
        assert sandbox.returncode >= 0, "the signal ended it before it could close its ledgers"
        assert "Traceback" not in complaint
        assert not list(home.rglob("*-wal")), "the ledger was left open"


def _claims(pid: int, lock: Path) -> bool:
    """Whether the process has begun to hold the embedded server."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if descriptor.readlink() == lock.resolve():
                return True
    return False


def _is_live(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.HTTPError:
        return False
