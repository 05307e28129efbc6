"""The provider as a process: started, killed, started again; and where it refuses to listen."""

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

from infrastructure.sandbox.credit_feed.server import NotLoopback, Server, Settings, running
from tests.support.credit_feed import Linked, Provider

ROOT = Path(__file__).parents[4]


@contextmanager
def process(home: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "infrastructure.sandbox.credit_feed", "--home", str(home), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        try:
            yield child, json.loads(child.stdout.readline())["ready"]
        finally:
            child.kill()


def test_a_killed_provider_remembers_whatever_it_said(tmp_path: Path) -> None:
    with process(tmp_path, "--issuer", "https://feed.example") as (child, url), httpx.Client(base_url=url) as http:
        provider = Provider(http)
        provider.client()
        provider.person()
        provider.clock("2026-01-10T12:00:00Z")
        linked = provider.link()
        ordered = linked.order("key").json()
        assert http.get("/.well-known/openid-configuration").json()["issuer"] == "https://feed.example"
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)

    with process(tmp_path) as (child, url), httpx.Client(base_url=url) as http:
        again = Linked(Provider(http), linked.tokens)
        assert again.order("key").json() == ordered
        assert Provider(http).refresh(linked.tokens["refresh_token"]).status_code == 200
        child.terminate()
        assert child.wait(10) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "feed.example", ""])
def test_it_listens_to_nobody_else_unless_told(tmp_path: Path, host: str) -> None:
    with pytest.raises(NotLoopback):
        Server(Settings(home=tmp_path, host=host))
    assert not list(tmp_path.iterdir()), "nothing was begun"


def test_told_so_it_listens_to_others(tmp_path: Path) -> None:
    with running(Settings(home=tmp_path, host="0.0.0.0", exposed=True)) as server:
        port = server.base_url.rpartition(":")[2]
        assert httpx.get(f"http://127.0.0.1:{port}/sandbox", trust_env=False).json()["ok"] is True


def test_the_command_says_so_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "infrastructure.sandbox.credit_feed", "--home", str(tmp_path), "--host", "0.0.0.0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("credit_feed: 0.0.0.0")
    assert "Traceback" not in done.stderr
