"""One data folder and the PostgreSQL server on it: made, found, started and stopped.

Nothing here guards against two callers at once; `infrastructure.embedded` holds the lock.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from infrastructure.postgres_binaries import (
    CLEAN_ENVIRONMENT,
    Account,
    EmbeddedServerError,
    find_binaries,
    server_folder,
)

POLL_SECONDS: Final = 0.02
LIMIT_SECONDS: Final = 60.0
LOG_BYTES: Final = 10_000_000
"""A log longer than this is set aside at the next start, replacing the one set aside before."""

_children: list[subprocess.Popen[bytes]] = []
"""Servers this process started. Kept so that a finished one is reaped instead of lingering as a zombie."""


def polls(seconds: float = LIMIT_SECONDS) -> Iterator[None]:
    """Time to look again, every 20 ms until the limit."""
    deadline = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() > deadline:
            return
        time.sleep(POLL_SECONDS)


@dataclass(frozen=True)
class Cluster:
    """The data folder of one home and the server on it."""

    folder: Path
    account: Account
    pg_bin: Path | None

    @property
    def data(self) -> Path:
        return (self.folder / "server").resolve() / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def url_when_running(self) -> str | None:
        """The live server's address, proven by signing in; None when no server runs on this data folder."""
        for _ in polls():
            pid, port = self._recorded()
            if pid is None or not self._is_ours(pid):
                return None
            if port is not None and self._answers(port):
                return self._url(port)
        raise EmbeddedServerError(f"the server on {self.data} runs but does not answer: {self._last_words()}")

    def start(self) -> str:
        if not self.data.exists():
            self._create()
        self._password()  # Without it nobody could sign in to what would be started.
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        lock = self.data / "postmaster.pid"
        if lock.exists() and lock.stat().st_size == 0:
            lock.unlink()  # What a power cut leaves; PostgreSQL would refuse it for ever.
        programs = find_binaries(self.pg_bin, self.account, self._data_major())
        for _ in polls():
            port = self._free_port()
            url = self._launch(programs, port)
            if url is not None:
                (self.folder / "port").write_text(str(port))
                return url
        raise EmbeddedServerError(f"PostgreSQL did not start: {self._last_words()}")

    def stop(self) -> None:
        """Fast shutdown: clients are cut off, everything committed is on disk."""
        for child in _children[:]:
            if child.poll() is not None:
                _children.remove(child)
        if self.url_when_running() is None:
            return
        pid, _ = self._recorded()
        if pid is None:
            return
        self.account.kill(pid, signal.SIGINT)
        for _ in polls():
            if not self._is_ours(pid):
                return
        raise EmbeddedServerError(f"the server on {self.data} did not stop: {self._last_words()}")

    def _create(self) -> None:
        """A new data folder, complete or absent: an interrupted attempt is thrown away by the next."""
        place = server_folder(self.folder, self.account)
        programs = find_binaries(self.pg_bin, self.account, None)
        fresh, entry = place / "data.new", place / "password.new"
        self.account.remove(fresh)
        entry.unlink(missing_ok=True)
        fresh.mkdir(mode=0o700)
        self.account.give(fresh)
        self._write_password()
        handle = os.open(entry, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(self._password())
        self.account.give(entry)
        locale = "C" if sys.platform == "darwin" else "C.UTF-8"
        command = [str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", f"--pwfile={entry}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", f"--locale={locale}"]
        done = self.account.run(command, timeout=LIMIT_SECONDS)
        entry.unlink()
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            raise EmbeddedServerError(f"initdb failed: {words[-1]}")
        fresh.rename(place / "data")
        _sync_folder(place)

    def _write_password(self) -> None:
        """Made anew with each data folder, because the two are worthless apart."""
        path = self.folder / "password"
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        _sync_folder(self.folder)

    def _launch(self, programs: Path, port: int) -> str | None:
        """One attempt. None when it is worth another: the port was taken, or a dying server still holds its memory."""
        begin = self.log.stat().st_size if self.log.exists() else 0
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            child = self.account.popen(self._command(programs, port), log, self._environment())
        _children.append(child)
        try:
            for _ in polls():
                if child.poll() is not None:
                    break
                if self._answers(port):
                    return self._url(port)
        except BaseException:
            _end(child)
            raise
        if child.returncode is None:
            _end(child)
            raise EmbeddedServerError(f"PostgreSQL took over {LIMIT_SECONDS:.0f} s to start: {self._last_words()}")
        words = self._words_since(begin)
        if "could not bind" in words or "is still in use" in words:
            return None
        raise EmbeddedServerError(f"PostgreSQL did not start: {self._last_words()}")

    def _command(self, programs: Path, port: int) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "max_prepared_transactions": "0",
            "fsync": "on",
            # An error's detail line quotes the row it is about, and that row may be a person's.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }
        if any(programs.parent.glob("lib/**/pg_stat_statements.*")):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(programs / "postgres"), "-D", str(self.data), "-p", str(port), *options]

    def _environment(self) -> dict[str, str]:
        """PostgreSQL refuses to start while the process id in its lock file exists, though it may by now be a zombie
        or belong to some other program. This variable names an id it is to disregard; its own check of the shared
        memory of a half-dead predecessor stays in force."""
        pid, _ = self._recorded()
        return CLEAN_ENVIRONMENT if pid is None else CLEAN_ENVIRONMENT | {"PG_GRANDPARENT_PID": str(pid)}

    def _recorded(self) -> tuple[int | None, int | None]:
        """Process id and port as the server itself wrote them."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None, None
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else None
        port = int(lines[3]) if len(lines) > 3 and lines[3].strip().isdigit() else None
        return pid, port

    def _is_ours(self, pid: int) -> bool:
        """Whether that process id is a living server on this data folder: not a zombie, not a reused number."""
        if Path("/proc/self/stat").exists():
            try:
                state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            except (FileNotFoundError, ProcessLookupError):
                return False
            return state not in "ZX" and str(self.data) in command
        listing = self.account.run(["/bin/ps", "-o", "stat=,command=", "-p", str(pid)], timeout=5.0).stdout
        return not listing.lstrip().startswith("Z") and str(self.data) in listing

    def _answers(self, port: int) -> bool:
        try:
            with psycopg.connect(self._url(port), connect_timeout=2, require_auth="scram-sha-256") as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]) == self.data

    def _password(self) -> str:
        path = self.folder / "password"
        try:
            return path.read_text()
        except FileNotFoundError:
            raise EmbeddedServerError(f"{path} is missing: the data beside it cannot be opened without it") from None

    def _url(self, port: int) -> str:
        return f"postgresql://postgres:{self._password()}@127.0.0.1:{port}/postgres"

    def _data_major(self) -> int:
        return int((self.data / "PG_VERSION").read_text().split(".")[0])

    def _free_port(self) -> int:
        """The port of last time when it is still free, so that an address noted down keeps working."""
        recorded = self.folder / "port"
        wanted = [int(recorded.read_text()) if recorded.exists() else 0, 0]
        for port in wanted:
            with socket.socket() as probe, suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
        raise EmbeddedServerError("no free TCP port on 127.0.0.1")

    def _words_since(self, offset: int) -> str:
        with self.log.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def _last_words(self) -> str:
        lines = self._words_since(0).strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else f"nothing was logged in {self.log}"


def _end(child: subprocess.Popen[bytes]) -> None:
    """Nobody learns of a server whose start failed, so it must be gone before the failure is told."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
