"""Roles that somebody outside must play: the world as commands see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from application.feeding import CreditFeed, FeedLinks, FeedNews
from application.posting import Post
from domain.bureaus import Bureau
from domain.credit_reports import CanonicalReport
from domain.findings import OwnDispute
from domain.kernel import Role
from domain.letter_facts import LetterFacts
from domain.tasks import TaskKind
from domain.tenants import TenantMode
from domain.tracking import TrackingScan


class Clock(Protocol):
    """Time. A test-mode tenant's own clock stands still between advances; a live tenant's is everybody's."""

    def now(self) -> datetime: ...

    def tenant_now(self, tenant_id: UUID) -> datetime: ...

    def start(self, tenant_id: UUID, at: datetime) -> None: ...

    def advance(self, tenant_id: UUID, to: datetime) -> None: ...


class Keys(Protocol):
    """One key per person. A key is committed before the first event it seals; destroying it is for ever."""

    def create(self, tenant_id: UUID, subject_id: UUID) -> None: ...

    def destroy(self, tenant_id: UUID, subject_id: UUID) -> bool: ...

    def digest(self, tenant_id: UUID, text: str) -> bytes: ...


class Store(Protocol):
    """Where documents lie, encrypted under the person's key before they reach a disk.

    `get` answers None when the object is gone or its key destroyed; `erase` says how many objects it removed.
    """

    def put(self, tenant_id: UUID, subject_id: UUID, key: str, content: bytes) -> None: ...

    def get(self, tenant_id: UUID, subject_id: UUID, key: str) -> bytes | None: ...

    def erase(self, tenant_id: UUID, subject_id: UUID) -> int: ...


class SignIns(Protocol):
    """Passwords and sessions. Closing one is for ever."""

    def close(self, tenant_id: UUID, user_id: UUID) -> None: ...


@dataclass(frozen=True, slots=True)
class WorkingKey:
    """A machine's key that still opens the door, and the person who answers for it."""

    key_id: UUID
    role: Role
    answerable_id: UUID


class Credentials(Protocol):
    """Machines' keys and webhook endpoints as they work at the door. Ending is for ever; ending twice changes nothing.

    `open_endpoints` answers each open endpoint's provider.
    """

    def working_keys(self, tenant_id: UUID) -> list[WorkingKey]: ...

    def end_key(self, tenant_id: UUID, key_id: UUID) -> None: ...

    def open_endpoints(self, tenant_id: UUID) -> dict[UUID, str]: ...

    def close_endpoint(self, tenant_id: UUID, endpoint_id: UUID) -> None: ...


class Reads(Protocol):
    """Query tables, as far as commands may look at them."""

    def reached(self, tenant_id: UUID, position: int) -> bool: ...

    def disputes_to_reconcile(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]: ...

    def own_disputes(self, tenant_id: UUID, consumer_id: UUID) -> list[OwnDispute]: ...

    def tasks_about(self, tenant_id: UUID, about: list[UUID], kind: TaskKind) -> list[UUID]: ...

    def letters_before_posting(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]: ...

    def disputes_without_letter(self, tenant_id: UUID, consumer_id: UUID) -> dict[Bureau, list[UUID]]: ...

    def users_of_consumer(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]: ...

    def mailing_of_piece(self, tenant_id: UUID, provider_id: str) -> UUID | None: ...

    def open_disputes(self, tenant_id: UUID, consumer_id: UUID) -> bool: ...

    def connections_of_consumer(self, tenant_id: UUID, consumer_id: UUID) -> list[UUID]: ...

    def connection_of_account(self, tenant_id: UUID, provider: str, account_digest: str) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class PrintedLetter:
    """The exact bytes of a letter, or the reasons why there are none."""

    pdf: bytes
    sha256: str
    pages: int
    engine: Mapping[str, str]
    problems: tuple[str, ...] = ()


class Printer(Protocol):
    """Turns the facts of a letter into bytes that were linted, printed and checked for the post."""

    def print_letter(self, letter_type: str, version: int, facts: LetterFacts) -> PrintedLetter: ...


class ReportReader(Protocol):
    """Reads an archived report into the canonical model.

    Raises `UnreadableReport` naming the place, also when the report says it was pulled after `latest`: such a date
    would make every true later report look older than this one.
    """

    def read(self, raw: bytes, *, latest: date) -> CanonicalReport: ...


@dataclass(frozen=True, slots=True)
class PostNews:
    """What one webhook of the print provider says about one piece.

    `incomplete`: it names a scan that it does not hold, or a failure, so the provider must be asked.
    """

    provider_id: str
    scans: tuple[TrackingScan, ...]
    incomplete: bool = False


class Inbox(Protocol):
    """Webhooks as they were received, verified and stored before anything was done with them.

    `post_news` answers None for a webhook that is about no piece, or was worked off: nothing of it is kept but that
    it was seen; so does `feed_news` for one that is about no consumer's reports. Raises NotFound for one never
    received. `unread` are the print provider's not worked off, and the piece of each.
    """

    def post_news(self, tenant_id: UUID, event_id: str) -> PostNews | None: ...

    def unread(self, tenant_id: UUID) -> dict[str, str | None]: ...

    def finish(self, tenant_id: UUID, event_id: str) -> None: ...

    def feed_news(self, tenant_id: UUID, provider: str, event_id: str) -> FeedNews | None: ...

    def finish_feed(self, tenant_id: UUID, provider: str, event_id: str) -> None: ...


class Directory(Protocol):
    """Which word people of a tenant sign in with; the one list that is not any tenant's own."""

    def claim(self, slug: str, tenant_id: UUID, mode: TenantMode) -> bool: ...


@dataclass(frozen=True)
class Ports:
    """Everything outside, handed to the bus by the composition root."""

    clock: Clock
    keys: Keys
    store: Store
    reads: Reads
    printer: Printer
    post: Callable[[UUID], Post]
    feeds: Callable[[UUID, str], CreditFeed]
    links: FeedLinks
    reports: ReportReader
    directory: Directory
    inbox: Inbox
    sign_ins: SignIns
    credentials: Credentials
    new_id: Callable[[], UUID]


def snooze_until_reached(reads: Reads, tenant_id: UUID, position: int) -> None:
    """Wait, without spending an attempt, until the query tables have seen what the job follows from."""
    if not reads.reached(tenant_id, position):
        raise NotYet(1.0)


class NotYet(Exception):
    """The job's time has not come: try again in `seconds`, which costs no attempt."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not yet; again in {seconds:g} s")
        self.seconds = seconds
