"""The grammar every read model is written in: tables, changes to their rows, and projections that decide them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeVar
from uuid import UUID

from domain.kernel import Aggregate, Event

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)
P = TypeVar("P", bound="Projection")

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPE: Final = re.compile(r"(double precision|timestamp with time zone|[a-z][a-z0-9_]*)(\([0-9, ]+\))?(\[\])?")
_VERSION_OF_TOPIC: Final = re.compile(r"\.v\d+$")

STAMPS: Final[Mapping[str, str]] = {
    "version": "bigint NOT NULL DEFAULT 0",
    "position": "bigint NOT NULL DEFAULT 0",
    "updated_at": "timestamptz",
}


class BadProjection(Exception):
    """A read model is written wrongly; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E_co]):
    """An event as the log holds it. `recorded_at` is real time; business time is `event.timestamp`."""

    position: int
    recorded_at: datetime
    tenant_id: UUID
    event: E_co
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plus:
    """A value that adds to what the column holds. Counted exactly once: rows and position move together."""

    n: int


class Put(NamedTuple):
    """The row exists afterwards and holds these values; its other columns keep theirs, or their defaults."""

    table: Table
    key: tuple[Any, ...]
    values: dict[str, Any]


class Amend(NamedTuple):
    """The row, if it exists, holds these values. A row that was removed or never made stays away."""

    table: Table
    key: tuple[Any, ...]
    values: dict[str, Any]


class Remove(NamedTuple):
    """The row is gone afterwards."""

    table: Table
    key: tuple[Any, ...]


class AmendWhere(NamedTuple):
    """Every row of the tenant that matches holds these values. Costs a statement of its own: index the columns."""

    table: Table
    where: dict[str, Any]
    values: dict[str, Any]


class RemoveWhere(NamedTuple):
    """Every row of the tenant that matches is gone afterwards: how a person's rows leave at erasure."""

    table: Table
    where: dict[str, Any]


Change = Put | Amend | Remove | AmendWhere | RemoveWhere


@dataclass(frozen=True, eq=False)
class Table:
    """One query table of schema rm.

    `key` and `columns` name SQL types; the tenant is put before the key, and every row carries the
    `position` of the last event that changed it. A table whose rows are one aggregate each names it in
    `aggregate`: its key is that aggregate's id, and each row also carries the aggregate's `version` and
    `updated_at`, taken from every event of the stream whether it changed a column or not.
    A column is nullable or has a default, because a change names only what it changes.
    An index is a column list (`"status, due_on DESC"`, optionally `WHERE ..`); the tenant is put first.
    """

    name: str
    key: Mapping[str, str]
    columns: Mapping[str, str]
    aggregate: type[Aggregate] | None = None
    indexes: tuple[str, ...] = ()
    types: Mapping[str, str] = field(init=False, repr=False)
    counters: tuple[str, ...] = field(init=False, repr=False)
    kinds: frozenset[type[Event]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        declared = {"tenant_id": "uuid", **self.key, **self.columns, **self.stamps}
        self._check(declared)
        kinds = frozenset(events_of(self.aggregate)) if self.aggregate else frozenset()
        counters = tuple(name for name, ddl in self.columns.items() if ddl.upper().endswith("DEFAULT 0"))
        object.__setattr__(self, "counters", counters)
        object.__setattr__(self, "types", {name: _sql_type(ddl) for name, ddl in declared.items()})
        object.__setattr__(self, "kinds", kinds)

    def _check(self, declared: Mapping[str, str]) -> None:
        expected = 1 + len(self.key) + len(self.columns) + len(self.stamps)
        if len(declared) != expected:
            raise BadProjection(f"table {self.name}: a column is named twice, or like one the kernel adds")
        for name in (self.name, *declared):
            if not _NAME.fullmatch(name) or len(name) > 40:
                raise BadProjection(f"table {self.name}: {name!r} must be snake_case of at most 40 letters")
        for name, ddl in self.columns.items():
            if "NOT NULL" in ddl.upper() and "DEFAULT" not in ddl.upper():
                raise BadProjection(f"table {self.name}: {name} is NOT NULL and needs a DEFAULT")
        if not self.key or (self.aggregate and len(self.key) != 1):
            raise BadProjection(f"table {self.name}: the key is at least one column, and an aggregate's id alone")

    @property
    def stamps(self) -> Mapping[str, str]:
        """The columns the kernel keeps."""
        return STAMPS if self.aggregate else {"position": STAMPS["position"]}

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The tenant and the key."""
        return ("tenant_id", *self.key)

    def put(self, *key: Any, **values: Any) -> Put:
        """Make the row, or change these columns of it."""
        return Put(self, self._key(key), self._values(values))

    def amend(self, *key: Any, **values: Any) -> Amend:
        """Change these columns of the row if there is one."""
        return Amend(self, self._key(key), self._values(values))

    def remove(self, *key: Any) -> Remove:
        """Take the row away."""
        return Remove(self, self._key(key))

    def amend_where(self, where: dict[str, Any], **values: Any) -> AmendWhere:
        """Change these columns of every row that matches all of `where`."""
        return AmendWhere(self, self._condition(where), self._values(values))

    def remove_where(self, **where: Any) -> RemoveWhere:
        """Take away every row that matches all of `where`."""
        return RemoveWhere(self, self._condition(where))

    def _key(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(key) != len(self.key) or None in key:
            raise BadProjection(f"table {self.name}: a row is named by {', '.join(self.key)}, none of them None")
        return key

    def _values(self, values: dict[str, Any]) -> dict[str, Any]:
        for name, value in values.items():
            if name not in self.columns:
                raise BadProjection(f"table {self.name} has no column {name} that a projection may write")
            if isinstance(value, Plus) and name not in self.counters:
                raise BadProjection(f"table {self.name}: {name} is counted, so it needs DEFAULT 0")
        return values

    def _condition(self, where: dict[str, Any]) -> dict[str, Any]:
        if not where or not where.keys() <= self.types.keys() - {"tenant_id", *self.stamps}:
            raise BadProjection(f"table {self.name}: rows are chosen by its own key and columns, at least one")
        return where


def _sql_type(ddl: str) -> str:
    found = _TYPE.match(ddl.strip().lower())
    if not found:
        raise BadProjection(f"{ddl!r} does not begin with an SQL type")
    return found.group(0)


def events_of(aggregate: type[Aggregate]) -> Iterator[type[Event]]:
    """The events that make up this aggregate's streams: those nested in its class, each with a topic."""
    for cls in aggregate.__mro__:
        for member in vars(cls).values():
            if isinstance(member, type) and issubclass(member, Event) and hasattr(member, "TOPIC"):
                yield member


Handler = Callable[[P, Recorded[E]], Iterable[Change]]


def on(*kinds: type[E]) -> Callable[[Handler[P, E]], Handler[P, E]]:
    """Say which events a method of a projection answers with changes."""

    def mark(handler: Handler[P, E]) -> Handler[P, E]:
        handler.__dict__["answers"] = kinds
        return handler

    return mark


class Projection:
    """A read model: a pure function from events to changes of its own tables.

    It never reads a table: what a row needs later must be in an event. Its handlers look at nothing
    but the event they are given, so replaying the log always makes the same rows. `version` rises
    whenever a handler or a table changes; the rows are then rebuilt before they are written again.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    tables: ClassVar[tuple[Table, ...]]

    _handlers: ClassVar[dict[type[Event], list[str]]]
    _owned: ClassVar[dict[type[Event], list[Table]]]
    _topics: ClassVar[frozenset[str]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not _NAME.fullmatch(getattr(cls, "name", "")) or not getattr(cls, "tables", ()):
            raise BadProjection(f"{cls.__name__} needs a snake_case name and at least one table")
        cls._handlers, cls._owned = {}, {}
        for attribute in dir(cls):
            for kind in getattr(getattr(cls, attribute), "__dict__", {}).get("answers", ()):
                cls._handlers.setdefault(kind, []).append(attribute)
        for table in cls.tables:
            for kind in table.kinds:
                cls._owned.setdefault(kind, []).append(table)
        topics = [getattr(kind, "TOPIC", None) for kind in (*cls._handlers, *cls._owned)]
        if None in topics:
            raise BadProjection(f"{cls.__name__} answers an event without a TOPIC, which no log can hold")
        cls._topics = frozenset(topic_stem(str(topic)) for topic in topics)

    @property
    def shape(self) -> str:
        """What must be equal for existing rows to be usable: the version and the tables' definitions."""
        parts = [f"{self.name} {self.version}"]
        parts += [f"{t.name} {dict(t.key)} {dict(t.columns)} {dict(t.stamps)} {t.indexes}" for t in self.tables]
        return sha256("\n".join(parts).encode()).hexdigest()[:16]

    def wants(self, topic: str) -> bool:
        """Whether an event with this topic, in any version of it, can change a row."""
        return topic_stem(topic) in self._topics

    def rows(self, events: Iterable[Recorded[Event]]) -> Iterator[tuple[UUID, Change]]:
        """The changes these events call for, each with its tenant, in order and stamped."""
        for recorded in events:
            kind, tenant = type(recorded.event), recorded.tenant_id
            for name in self._handlers.get(kind, ()):
                for change in getattr(self, name)(recorded):
                    yield tenant, _stamped(change, recorded)
            for table in self._owned.get(kind, ()):
                yield tenant, Amend(table, (recorded.event.originator_id,), _own_stamps(recorded))


@lru_cache(maxsize=4096)
def topic_stem(topic: str) -> str:
    """`dispute.opened.v2` -> `dispute.opened`: versions of one event share it."""
    return _VERSION_OF_TOPIC.sub("", topic)


def _own_stamps(recorded: Recorded[Event]) -> dict[str, Any]:
    event = recorded.event
    return {"version": event.originator_version, "position": recorded.position, "updated_at": event.timestamp}


def _stamped(change: Change, recorded: Recorded[Event]) -> Change:
    if isinstance(change, Put | Amend | AmendWhere):
        return change._replace(values={**change.values, "position": recorded.position})
    return change
