"""Credit scores as report providers showed them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from pydantic import BaseModel

from domain.bureaus import Bureau
from domain.connections import Connection, Score
from domain.consumers import Consumer
from domain.kernel import Event
from projections.kernel import Change, Projection, Recorded, Table, on

SCORES = Table(
    "scores",
    key={"id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "connection_id": "uuid",
        "bureau": "text",
        "model": "text",
        "value": "int",
        "as_of": "date",
        "created_at": "timestamptz",
    },
    indexes=("consumer_id, created_at, id",),
)
_ALL_BUREAUS: Final = "all"


class ScoreRow(BaseModel):
    """One score on one day; of no single bureau when `bureau` is empty."""

    id: UUID
    consumer_id: UUID
    connection_id: UUID
    bureau: Bureau | None
    model: str
    value: int
    as_of: date
    created_at: datetime


class ScoresProjection(Projection):
    """The last word of each provider on each model, bureau and day."""

    name = "scores"
    tables = (SCORES,)

    @on(Connection.ScoresRead)
    def read(self, r: Recorded[Connection.ScoresRead]) -> Iterable[Change]:
        for score in r.event.scores or ():
            yield SCORES.put(
                score_id(r.event.originator_id, score),
                consumer_id=r.event.subject_id,
                connection_id=r.event.originator_id,
                bureau=score.bureau,
                model=score.model,
                value=score.value,
                as_of=score.as_of,
                created_at=r.event.timestamp,
            )

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield SCORES.remove_where(consumer_id=r.event.originator_id)


def score_id(connection_id: UUID, score: Score) -> UUID:
    """The one id of a model's score at a bureau on a day."""
    return uuid5(connection_id, f"score:{score.bureau or _ALL_BUREAUS}:{score.as_of}:{score.model}")
