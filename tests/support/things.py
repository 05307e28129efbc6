"""An aggregate of the tests' own, with personal data, for tests of the log itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID, uuid4

from domain.kernel import PII, Aggregate, Created, Event, Sealed, Value

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Address(Value):
    """A part that is personal as a whole."""

    line: str
    zip: str


class Thing(Aggregate):
    """Something with an owner."""

    TOPIC: ClassVar[str] = "test.thing"

    class Made(Created):
        """It came to be."""

        TOPIC: ClassVar[str] = "test.thing_made.v1"
        subject_id: UUID
        name: Sealed = None
        address: Annotated[Address | None, PII] = None
        color: str

    class Moved(Event):
        """It went somewhere."""

        TOPIC: ClassVar[str] = "test.thing_moved.v1"
        to: str

        def apply(self, aggregate: Thing) -> None:
            """Remember where."""
            aggregate.place = self.to

    def __init__(self, *, subject_id: UUID, name: str | None, address: Address | None, color: str) -> None:
        self.subject_id = subject_id
        self.name = name
        self.address = address
        self.color = color
        self.place: str | None = None

    @classmethod
    def make(cls, subject_id: UUID, name: str | None = "Ada Lovelace", color: str = "blue") -> Thing:
        """A new thing of this person."""
        address = Address(line="1 Main St", zip="30301") if name else None
        return cls._create(
            cls.Made, id=uuid4(), timestamp=NOON, subject_id=subject_id, name=name, address=address, color=color
        )

    def move(self, to: str) -> None:
        """Go there."""
        self.record(Thing.Moved, NOON, to=to)
