"""A world in memory for commands: the library's own in-memory recorder, hand-written fakes behind every port."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from application import processes  # noqa: F401 reactions are registered by importing them
from application.kernel import (
    Bus,
    Command,
    Context,
    Done,
    JobTicket,
    NewJob,
    system,
)
from application.ports import Ports, PostNews, PrintedLetter, WorkingKey
from application.posting import Accepted, Cancelled, Deliverability, MailPiece, PieceStatus, TooLate, Verification
from domain.credit_reports import CanonicalReport
from domain.kernel import Aggregate, Caller, Event, Invalid, Role
from domain.letter_facts import LetterFacts
from domain.tenants import TenantMode
from tests.support.fake_reads import FakeReads
from tests.support.feeds import FakeFeed, FakeFeedNews, FakeFeeds, FakeLinks
from tests.support.memory_log import MemoryLog

A = TypeVar("A", bound=Aggregate)
DueJob = tuple[tuple[UUID, str], NewJob]
START = datetime(2026, 1, 5, 15, tzinfo=UTC)


@dataclass
class FakeClock:
    """Real time stands where it is put; a started tenant clock stands until it is advanced."""

    real: datetime = START
    tenants: dict[UUID, datetime] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.real

    def tenant_now(self, tenant_id: UUID) -> datetime:
        return self.tenants.get(tenant_id, self.real)

    def start(self, tenant_id: UUID, at: datetime) -> None:
        self.tenants.setdefault(tenant_id, at)

    def advance(self, tenant_id: UUID, to: datetime) -> None:
        self.tenants[tenant_id] = to


@dataclass
class FakeKeys:
    """Keys by person; a destroyed one never comes back."""

    held: set[tuple[UUID, UUID]] = field(default_factory=set)

    def create(self, tenant_id: UUID, subject_id: UUID) -> None:
        self.held.add((tenant_id, subject_id))

    def destroy(self, tenant_id: UUID, subject_id: UUID) -> bool:
        known = (tenant_id, subject_id) in self.held
        self.held.discard((tenant_id, subject_id))
        return known

    def digest(self, tenant_id: UUID, text: str) -> bytes:
        return hmac.digest(tenant_id.bytes, text.encode(), hashlib.sha256)


@dataclass
class FakeStore:
    """Objects by tenant and key."""

    objects: dict[tuple[UUID, UUID, str], bytes] = field(default_factory=dict)

    def put(self, tenant_id: UUID, subject_id: UUID, key: str, content: bytes) -> None:
        self.objects[tenant_id, subject_id, key] = content

    def get(self, tenant_id: UUID, subject_id: UUID, key: str) -> bytes | None:
        return self.objects.get((tenant_id, subject_id, key))

    def erase(self, tenant_id: UUID, subject_id: UUID) -> int:
        gone = [name for name in self.objects if name[:2] == (tenant_id, subject_id)]
        for name in gone:
            del self.objects[name]
        return len(gone)


@dataclass
class FakePrinter:
    """Prints the facts as text; the same facts give the same bytes."""

    problems: tuple[str, ...] = ()

    def print_letter(self, letter_type: str, version: int, facts: LetterFacts) -> PrintedLetter:
        pdf = f"%PDF-{letter_type}-{version}-{facts.model_dump_json()}".encode()
        return PrintedLetter(
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            pages=2,
            engine={"fake": "1"},
            problems=self.problems,
        )


class FakePost:
    """A post office in memory with idempotent hand-over. `answers` is a script of what submit raises first."""

    def __init__(self) -> None:
        self.pieces: dict[str, MailPiece] = {}
        self.script: list[tuple[Exception, bool]] = []
        self.deliverability = Deliverability.DELIVERABLE
        self.cancelled: set[str] = set()
        self.submissions = 0

    def submit(self, piece: MailPiece, pdf: bytes) -> Accepted:
        self.submissions += 1
        piece.check_bytes(pdf)
        if self.script:
            error, taken = self.script.pop(0)
            if taken:
                self._take(piece)
            raise error
        return Accepted(provider_id=self._take(piece))

    def _take(self, piece: MailPiece) -> str:
        for provider_id, held in self.pieces.items():
            if held.idempotency_key == piece.idempotency_key:
                return provider_id
        provider_id = f"ltr_{len(self.pieces) + 1:016x}"
        self.pieces[provider_id] = piece
        return provider_id

    def find(self, mailing_id: str) -> list[Accepted]:
        held = [p for p, piece in self.pieces.items() if piece.mailing_id == mailing_id and p not in self.cancelled]
        return [Accepted(provider_id=provider_id) for provider_id in held]

    def get(self, provider_id: str) -> PieceStatus:
        return PieceStatus(provider_id=provider_id)

    def cancel(self, provider_id: str) -> Cancelled | TooLate:
        self.cancelled.add(provider_id)
        return Cancelled(provider_id=provider_id)

    def verify(self, address: Any) -> Verification:
        return Verification(
            provider_id="us_ver_1",
            deliverability=self.deliverability,
            valid_address=True,
            primary_line=address.line1,
            secondary_line="",
            last_line=f"{address.city} {address.state} {address.zip_code}",
        )


@dataclass
class FakeReader:
    """Reads what a test has laid out for these bytes; a pull of a day to come is refused, as by every reader."""

    reports: dict[bytes, CanonicalReport | Exception] = field(default_factory=dict)

    def read(self, raw: bytes, *, latest: date) -> CanonicalReport:
        found = self.reports[raw]
        if isinstance(found, Exception):
            raise found
        if max(found.pulled_on, *(s.pulled_on or found.pulled_on for s in found.sections)) > latest:
            raise Invalid("expected a day that has come", place="/pulled_on")
        return found


@dataclass
class FakeDirectory:
    """Slugs already taken."""

    slugs: dict[str, UUID] = field(default_factory=dict)

    def claim(self, slug: str, tenant_id: UUID, mode: TenantMode) -> bool:
        return self.slugs.setdefault(slug, tenant_id) == tenant_id


@dataclass
class FakeSignIns:
    """Sign-ins that were closed."""

    closed: set[tuple[UUID, UUID]] = field(default_factory=set)

    def close(self, tenant_id: UUID, user_id: UUID) -> None:
        self.closed.add((tenant_id, user_id))


@dataclass
class FakeCredentials:
    """Doors that machines and providers come in by."""

    keys: dict[UUID, WorkingKey] = field(default_factory=dict)
    endpoints: dict[UUID, str] = field(default_factory=dict)

    def working_keys(self, tenant_id: UUID) -> list[WorkingKey]:
        return list(self.keys.values())

    def end_key(self, tenant_id: UUID, key_id: UUID) -> None:
        self.keys.pop(key_id, None)

    def open_endpoints(self, tenant_id: UUID) -> dict[UUID, str]:
        return dict(self.endpoints)

    def close_endpoint(self, tenant_id: UUID, endpoint_id: UUID) -> None:
        self.endpoints.pop(endpoint_id, None)


class FakeInbox(FakeFeedNews):
    """Webhooks by event id."""

    def __init__(self) -> None:
        super().__init__()
        self.news: dict[str, PostNews] = {}
        self.finished: set[str] = set()

    def post_news(self, tenant_id: UUID, event_id: str) -> PostNews | None:
        return self.news.get(event_id) if event_id not in self.finished else None

    def unread(self, tenant_id: UUID) -> dict[str, str | None]:
        return {event_id: news.provider_id for event_id, news in self.news.items() if event_id not in self.finished}

    def finish(self, tenant_id: UUID, event_id: str) -> None:
        self.finished.add(event_id)


class World:
    """Bus, log and fakes; `settle` runs every job that is due, as workers would."""

    def __init__(self, new_id: Callable[[], UUID] = uuid4) -> None:
        self.log = MemoryLog()
        self.clock = FakeClock()
        self.keys = FakeKeys()
        self.store = FakeStore()
        self.reads = FakeReads(self.log)
        self.printer = FakePrinter()
        self.post = FakePost()
        self.links = FakeLinks()
        self.feed = FakeFeed(self.links)
        self.feeds = FakeFeeds(self.feed)
        self.reader = FakeReader()
        self.directory = FakeDirectory()
        self.inbox = FakeInbox()
        self.sign_ins = FakeSignIns()
        self.credentials = FakeCredentials()
        ports = Ports(
            clock=self.clock,
            keys=self.keys,
            store=self.store,
            reads=self.reads,
            printer=self.printer,
            post=lambda tenant_id: self.post,
            feeds=self.feeds.of,
            links=self.links,
            reports=self.reader,
            directory=self.directory,
            inbox=self.inbox,
            sign_ins=self.sign_ins,
            credentials=self.credentials,
            new_id=new_id,
        )
        self.bus = Bus(self.log, ports)
        self.tenant_id = new_id()
        self.pick: Callable[[list[DueJob]], list[DueJob]] = list
        self._done: set[tuple[UUID, str]] = set()
        self.failed: dict[str, Exception] = {}

    def caller(self, role: Role, consumer_id: UUID | None = None) -> Caller:
        return Caller(tenant_id=self.tenant_id, actor_id=uuid4(), role=role, consumer_id=consumer_id, ip="192.0.2.7")

    def when(self, command: Command, role: Role = Role.SYSTEM, consumer_id: UUID | None = None) -> Done:
        caller = system(self.tenant_id) if role is Role.SYSTEM else self.caller(role, consumer_id)
        return self.bus.handle(command, caller, Context())

    def due(self) -> list[DueJob]:
        now = self.clock.tenant_now(self.tenant_id)
        waiting = [(key, job) for key, job in self.log.jobs.items() if key not in self._done]
        return [(key, job) for key, job in waiting if job.run_at is None or job.run_at <= now]

    def settle(self, steps: int = 2_000) -> None:
        """Do every job there is, those first that `pick` chooses among the ones due."""
        for _ in range(steps):
            due = self.due()
            if not due:
                return
            for key, job in self.pick(due):
                self._done.add(key)
                self.run(job)
        raise AssertionError("jobs keep making jobs")

    def run(self, job: NewJob) -> None:
        payload = json.loads(job.command)
        command = Command.registry[payload["command"]].model_validate(payload["data"])
        ticket = JobTicket(id=uuid4(), token=uuid4(), renew=lambda: None)
        self.log.running[ticket.id] = ticket.token
        try:
            self.bus.handle(command, system(self.tenant_id), Context(job=ticket))
        except Exception as error:  # noqa: BLE001 a worker survives any job
            self.failed[f"{payload['command']}:{job.dedupe}"] = error

    def events(self, aggregate_id: UUID) -> list[Event]:
        return self.log.streams.get((self.tenant_id, aggregate_id), [])

    def get(self, kind: type[A], aggregate_id: UUID) -> A:
        found = self.log.load(self.tenant_id, kind, aggregate_id)
        assert found is not None
        return found

    def all(self, kind: type[A]) -> list[A]:
        found = (self.log.load(tenant, kind, stream) for tenant, stream in self.log.streams)
        return [aggregate for aggregate in found if aggregate is not None]
