"""The provider as a process: started, killed, started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from application.posting import OutcomeUnknown, PostBusy
from infrastructure.sandbox.print_provider.server import Server, Settings, running
from infrastructure.vendors.lob import LobPost
from tests.support.posting import PDF, piece
from tests.support.webhook_receiver import SECRET, receiving

ROOT = Path(__file__).parents[4]
KEY = "test_process"


@contextmanager
def process(home: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "infrastructure.sandbox.print_provider", "--home", str(home), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        try:
            yield child, json.loads(child.stdout.readline())["ready"]
        finally:
            child.kill()


def test_a_killed_provider_remembers_every_letter_it_took_and_tells_the_rest(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    with receiving() as hooks:
        options = ("--webhook-url", hooks.url, "--webhook-secret", str(tmp_path / "secret"), "--retry-factor", "0.01")
        with process(tmp_path / "home", *options) as (child, url):
            httpx.post(f"{url}/sandbox/clock", json={"now": "2026-03-02T15:00:00Z", "api_key": KEY}).raise_for_status()
            post = LobPost(KEY, f"{url}/v1")
            taken = [post.submit(piece(f"m{n}"), PDF).provider_id for n in range(5)]
            os.kill(child.pid, signal.SIGKILL)
            child.wait(10)
            with pytest.raises((OutcomeUnknown, PostBusy)):
                post.submit(piece("after"), PDF)
            post.close()

        with process(tmp_path / "home", *options) as (child, url):
            post = LobPost(KEY, f"{url}/v1")
            assert [post.find(f"m{n}")[0].provider_id for n in range(5)] == taken
            assert post.submit(piece("m3"), PDF).provider_id == taken[3]
            now = {"now": "2026-03-20T15:00:00Z", "api_key": KEY}
            httpx.post(f"{url}/sandbox/clock", json=now, timeout=30).raise_for_status()
            ledger = httpx.get(f"{url}/sandbox/ledger").json()
            post.close()
            child.terminate()
            assert child.wait(10) in (0, -signal.SIGTERM)

        assert (ledger["count"], ledger["duplicates"]) == (5, [])
        assert {event.reference_id for event in hooks.events if event.kind == "delivered"} == set(taken)


def test_a_command_line_without_a_home_or_with_half_a_webhook_is_refused(tmp_path: Path) -> None:
    for arguments in ([], ["--home", str(tmp_path), "--webhook-url", "http://x"]):
        command = [sys.executable, "-m", "infrastructure.sandbox.print_provider", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 2
        assert "usage" in done.stderr


def test_a_thread_serves_until_the_end_of_the_block(tmp_path: Path) -> None:
    with running(Settings(home=tmp_path)) as server:
        assert isinstance(server, Server)
        assert httpx.get(f"{server.base_url}/sandbox").json()["ok"] is True
        url = server.base_url

    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
