"""What each consumer has agreed to, text by text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.consumers import ConsentKind, Consumer
from projections.kernel import Change, Projection, Recorded, Table, on

CONSENTS = Table(
    "consents",
    key={"consumer_id": "uuid", "kind": "text"},
    columns={
        "text_version": "text",
        "text_sha256": "text",
        "given_at": "timestamptz",
        "withdrawn_at": "timestamptz",
    },
)


class ConsentRow(BaseModel):
    """One agreement; `withdrawn_at` tells when it ended."""

    consumer_id: UUID
    kind: ConsentKind
    text_version: str
    text_sha256: str
    given_at: datetime
    withdrawn_at: datetime | None


class ConsentsProjection(Projection):
    """The latest word of each consumer on each kind of consent."""

    name = "consents"
    tables = (CONSENTS,)

    @on(Consumer.ConsentGiven)
    def given(self, r: Recorded[Consumer.ConsentGiven]) -> Iterable[Change]:
        yield CONSENTS.put(
            r.event.originator_id,
            r.event.kind,
            text_version=r.event.text_version,
            text_sha256=r.event.text_sha256,
            given_at=r.event.timestamp,
            withdrawn_at=None,
        )

    @on(Consumer.ConsentWithdrawn)
    def withdrawn(self, r: Recorded[Consumer.ConsentWithdrawn]) -> Iterable[Change]:
        yield CONSENTS.amend(r.event.originator_id, r.event.kind, withdrawn_at=r.event.timestamp)
