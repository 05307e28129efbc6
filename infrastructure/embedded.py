"""A PostgreSQL server of our own, started when no DATABASE_URL is given and shared by every process of one home.

The server outlives the process that started it. Each user of it holds a shared lock for as long as it needs the
server, and whoever can take that lock alone on leaving stops the server: so the last one out turns off the light,
and a user killed without warning simply no longer holds its lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from infrastructure.postgres_binaries import EmbeddedServerError, account_for
from infrastructure.postgres_cluster import LIMIT_SECONDS, Cluster, polls

__all__ = ["EmbeddedServerError", "Server", "ensure_server", "stop_server"]


@dataclass
class Server:
    """One process's claim on the shared server. `url` is the administrator's; give it to migrations only."""

    url: str = field(repr=False)
    _home: Path
    _users: int | None = field(repr=False)

    def release(self) -> bool:
        """Give the claim back. True when nobody else held one, so that the server was stopped. Harmless twice."""
        users, self._users = self._users, None
        if users is None:
            return False
        try:
            with _locked(_folder(self._home) / "start.lock"):
                return _stop_if_unused(self._home, users)
        finally:
            os.close(users)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def ensure_server(home: Path, pg_bin: Path | None = None) -> Server:
    """Find this home's live server or start it, and claim it until `release`.

    `pg_bin` names the one folder of PostgreSQL programs to use; without it they are searched for.
    Raises EmbeddedServerError with one line a person can act on.
    """
    home = home.resolve()
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "start.lock"):
        users = _open_lock(folder / "users.lock")
        try:
            fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
            cluster = Cluster(folder, account_for(folder), pg_bin)
            url = cluster.url_when_running() or cluster.start()
        except BaseException:
            os.close(users)
            raise
    return Server(url, home, users)


def stop_server(home: Path) -> bool:
    """Stop this home's server unless somebody uses it. True when it is not running afterwards."""
    folder = _folder(home.resolve())
    if not folder.exists():
        return True
    with _locked(folder / "start.lock"):
        users = _open_lock(folder / "users.lock")
        try:
            return _stop_if_unused(home.resolve(), users)
        finally:
            os.close(users)


def _folder(home: Path) -> Path:
    return home / "postgres"


def _stop_if_unused(home: Path, users: int) -> bool:
    """Needs the start lock, under which nobody can begin to use the server while we look."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    folder = _folder(home)
    if (folder / "server" / "data").exists():
        Cluster(folder, account_for(folder), None).stop()
    return True


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        advice = "set SFDIFY_HOME to a folder of your own"
        raise EmbeddedServerError(f"{path.parent} belongs to another account; {advice}") from None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = _open_lock(path)
    try:
        for _ in polls(2 * LIMIT_SECONDS):
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
        else:
            raise EmbeddedServerError(f"another process has been starting or stopping the server too long ({path})")
        yield
    finally:
        os.close(lock)
