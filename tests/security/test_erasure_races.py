"""A person is erased while others are still at work on their case; nothing of them may stay behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from application.consumers import EraseConsumer, GiveConsent, PurgeConsumer, RegisterConsumer
from application.kernel import Bus, Command, Done, system
from application.reports import ImportReport
from domain.consumers import ConsentKind, ConsumerErased
from domain.credit_reports import CanonicalReport
from infrastructure.projecting import Runner, verify
from infrastructure.reports import parse
from infrastructure.runtime import decoder
from infrastructure.settings import CHECKOUT
from infrastructure.wiring import Sfdify
from projections import ALL
from tests.support.cases import PROFILE
from tests.support.postgres import TestDatabase, TestServer
from tests.support.wired import register, wired

REPORT = (CHECKOUT / "samples" / "first_pull.json").read_bytes()


class Interrupted:
    """Reads reports; something else happens meanwhile."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile

    def read(self, raw: bytes, *, latest: date) -> CanonicalReport:
        """See `ReportReader`."""
        canonical = parse(raw, latest=latest)
        self._meanwhile()
        return canonical


class Race:
    """One consumer of one tenant, and a projector that follows."""

    def __init__(self, sfdify: Sfdify, database: TestDatabase, opened: ExitStack) -> None:
        self.sfdify, self.database = sfdify, database
        self.tenant_id = register(sfdify).tenant_id
        self.consumer_id: UUID = self.handle(RegisterConsumer(profile=PROFILE)).answer["consumer_id"]
        kind = ConsentKind.REPORT_IMPORT
        self.handle(GiveConsent(consumer_id=self.consumer_id, kind=kind, text_version="2026-11"))
        self._decode = opened.enter_context(decoder(sfdify.settings, database.admin_url))

    def handle(self, command: Command) -> Done:
        return self.sfdify.bus.handle(command, system(self.tenant_id))

    def erase(self) -> None:
        self.handle(EraseConsumer(consumer_id=self.consumer_id))

    def purge(self) -> None:
        self.handle(PurgeConsumer(consumer_id=self.consumer_id))

    def import_while(self, meanwhile: Callable[[], object]) -> None:
        ports = replace(self.sfdify.bus._ports, reports=Interrupted(meanwhile))
        command = ImportReport(consumer_id=self.consumer_id, content=REPORT)
        Bus(self.sfdify.engine, ports).handle(command, system(self.tenant_id))

    def project(self) -> None:
        Runner(self.database.projector_url, ALL, self._decode).drain()

    def rows(self) -> int:
        query = "SELECT (SELECT count(*) FROM rm.tradelines) + (SELECT count(*) FROM rm.findings)"
        with psycopg.connect(self.database.admin_url) as conn:
            (count,) = conn.execute(query).fetchone() or (0,)
        return int(count)

    def differing(self) -> list[str]:
        return [p.name for p in ALL if not verify(self.database.projector_url, p, self._decode).ok]


@pytest.fixture
def race(tmp_path: Path, server: TestServer, database: TestDatabase) -> Iterator[Race]:
    with ExitStack() as opened:
        yield Race(opened.enter_context(wired(tmp_path, server, database)), database, opened)


def test_a_report_stored_between_erasure_and_the_keys_end_leaves_no_rows(race: Race) -> None:
    race.import_while(race.erase)
    race.project()
    assert race.rows() > 100, "the key was still there, and the person's rows had left before"
    race.purge()
    race.project()
    assert race.rows() == 0
    assert race.differing() == []


def test_work_that_meets_a_destroyed_key_is_refused_as_about_an_erased_person(race: Race) -> None:
    def forget() -> None:
        race.erase()
        race.purge()

    with pytest.raises(ConsumerErased):
        race.import_while(forget)
    race.project()
    assert race.rows() == 0
    assert race.differing() == []


def test_an_operators_command_and_a_workers_job_may_purge_at_the_same_time(race: Race, tmp_path: Path) -> None:
    race.import_while(lambda: None)
    race.erase()
    with ThreadPoolExecutor(4) as hands:
        done = list(hands.map(lambda _: race.handle(PurgeConsumer(consumer_id=race.consumer_id)), range(4)))
    assert {answer.answer["consumer_id"] for answer in done} == {race.consumer_id}
    assert race.sfdify.keyring.key(race.tenant_id, race.consumer_id) is None
    stream = race.sfdify.engine.read_stream(race.tenant_id, race.consumer_id)
    assert [entry.topic for entry in stream].count("consumer.forgotten.v1") == 1
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []
