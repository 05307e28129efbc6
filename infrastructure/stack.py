"""All processes of one installation on one machine: API, workers, projector, and the sandbox if nothing real is set."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import httpx

from infrastructure.trust import trust

_PR_SET_PDEATHSIG = 1
_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 35.0
_TEND_EVERY_S = 2.0


class StackFailed(Exception):
    """A process ended, or did not become ready; the message names it."""


@dataclass
class Stack:
    """Starts every process, waits until all are ready, and stops them cleanly however this one ends.

    Each process writes to a file of its own in `logs`, or to this one's output when there is no such folder.
    """

    url: str
    commands: Mapping[str, Sequence[str]]
    ready: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    logs: Path | None = None
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def watch(self, tend: Callable[[], None] = lambda: None) -> None:
        """Stay until a child ends, and call `tend` every two seconds. Raises StackFailed naming the child."""
        due = time.monotonic()
        while True:
            self._check()
            if time.monotonic() >= due:
                tend()
                due = time.monotonic() + _TEND_EVERY_S
            time.sleep(0.3)

    def _start(self) -> None:
        environment = os.environ | dict(self.environment)
        for name, arguments in self.commands.items():
            with self._output(name) as output:
                self._children[name] = subprocess.Popen(  # noqa: S603 our own program
                    [sys.executable, "-m", "api.cli", *arguments],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    preexec_fn=_leave_with_parent,
                    start_new_session=True,
                )
        until = time.monotonic() + _READY_WITHIN_S
        for name, url in self.ready.items():
            while not _answers(url):
                self._check()
                if time.monotonic() > until:
                    raise StackFailed(f"{name} did not become ready in {_READY_WITHIN_S:.0f} s")
                time.sleep(0.05)

    @contextmanager
    def _output(self, name: str) -> Iterator[BinaryIO | None]:
        if self.logs is None:
            yield None
            return
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as file:
            yield file

    def _check(self) -> None:
        for name, child in self._children.items():
            if child.poll() is not None:
                where = f"see {self.logs / f'{name}.log'}" if self.logs else "its own output says why"
                raise StackFailed(f"{name} ended with status {child.returncode}; {where}")

    def _stop(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        until = time.monotonic() + _STOP_WITHIN_S
        for child in self._children.values():
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def require_free(host: str, port: int, variable: str) -> None:
    """Refuse to start where something listens already. Raises StackFailed naming the `variable` to change."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StackFailed(
                f"port {port} of {host} cannot be used ({error.strerror}); another SFDIFY may be running there:"
                f" set {variable} to another port"
            ) from None


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False, verify=trust()).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _leave_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
