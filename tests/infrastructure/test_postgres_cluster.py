"""One data folder: made whole or not at all, found by signing in, stopped without losing anything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infrastructure.postgres_binaries import EmbeddedServerError, account_for
from infrastructure.postgres_cluster import Cluster, polls


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="sfdify cluster "))
    folder.chmod(0o755)
    made = Cluster(folder, account_for(folder), None)
    yield made
    if made.data.exists():
        made.stop()
    shutil.rmtree(folder)


def test_nothing_runs_before_the_start_and_after_the_stop(cluster: Cluster) -> None:
    assert cluster.url_when_running() is None
    url = cluster.start()
    assert cluster.url_when_running() == url
    cluster.stop()
    assert cluster.url_when_running() is None
    cluster.stop()
    assert cluster.url_when_running() is None


def test_an_error_about_a_row_does_not_put_the_row_into_the_log(cluster: Cluster) -> None:
    with psycopg.connect(cluster.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text PRIMARY KEY CHECK (name <> 'Ada Secret'))")
        connection.execute("INSERT INTO person VALUES ('Eve Secret')")
        for name in ("Eve Secret", "Ada Secret"):
            with pytest.raises(psycopg.IntegrityError):
                connection.execute("INSERT INTO person VALUES (%s)", [name])
            with pytest.raises(psycopg.IntegrityError):
                connection.execute(f"INSERT INTO person VALUES ('{name}')")  # type: ignore[arg-type, unused-ignore]
    cluster.stop()
    log = cluster.log.read_text()
    assert "duplicate key" in log
    assert "Secret" not in log


def test_a_data_folder_that_cannot_be_made_leaves_nothing_that_looks_made(cluster: Cluster) -> None:
    programs = cluster.folder / "bin"
    programs.mkdir()
    for name, text in {"postgres": "echo 'postgres (PostgreSQL) 18.6'", "initdb": "echo disk full >&2; exit 1"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    with pytest.raises(EmbeddedServerError, match="initdb failed: disk full"):
        Cluster(cluster.folder, cluster.account, programs).start()
    assert not cluster.data.exists()
    assert cluster.start()


def test_looking_again_ends_at_the_limit() -> None:
    assert len(list(polls(0.0))) <= 2
