"""A real Redis server of the run's own. Where it is not installed the tests that need it fail."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator

import pytest
import redis

_ATTEMPTS = 5


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The address of a server without persistence, stopped when the run ends."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is not installed; install the package redis-server (the suite never skips it)")
    with tempfile.TemporaryDirectory(prefix="sfdify-redis-") as folder:
        for _ in range(_ATTEMPTS):
            port = _free_port()
            where = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
            command = [program, *where, "--save", "", "--appendonly", "no"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            url = f"redis://127.0.0.1:{port}/0"
            if _answers(url, process):
                break
        else:
            pytest.fail(f"redis-server did not start in {_ATTEMPTS} attempts")
        yield url
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(redis_server, socket_timeout=5) as client:
        client.flushall()
    return redis_server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    with redis.Redis.from_url(url, socket_timeout=1) as client:
        for _ in range(200):
            if process.poll() is not None:
                return False
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                time.sleep(0.05)
    process.kill()
    process.wait()
    return False
