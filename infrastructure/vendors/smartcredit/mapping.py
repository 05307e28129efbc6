"""The provider's answers about reports, scores and alerts, and what they say in our words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from application.feeding import Alerts
from domain.bureaus import Bureau
from domain.connections import Alert, Score

_MOST = 10_000


def _known_bureau(value: Any) -> Any:
    name = value.lower() if isinstance(value, str) else value
    return name if name in list(Bureau) else None


def _storable(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


def _start_of_text(value: Any) -> Any:
    return _storable(value)[:2000] if isinstance(value, str) else value


_Bureau = Annotated[Bureau | None, BeforeValidator(_known_bureau)]
"""A bureau nobody here knows is none."""

_Words = Annotated[str, BeforeValidator(_storable), Field(min_length=1, max_length=80)]
"""Words to be shown. The character 0 stands in JSON, but in no column of a database."""


class _Answer(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class OrderAnswer(_Answer):
    """`POST {reports}`."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._~-]{0,199}$")
    status: Literal["ready", "pending"]


class _Tradeline(_Answer):
    bureau: _Bureau = None


class TradelinesAnswer(_Answer):
    """`GET {tradelines}?report=`."""

    tradelines: list[_Tradeline] = Field(max_length=_MOST)

    def counted(self) -> Mapping[Bureau, int]:
        """How many there are at each bureau; a bureau with none is counted too."""
        listed = Counter(row.bureau for row in self.tradelines if row.bureau is not None)
        return {bureau: listed[bureau] for bureau in Bureau}


class _Score(_Answer):
    bureau: _Bureau = None
    model: _Words
    value: int = Field(ge=0, le=1000)
    as_of: date


class ScoresAnswer(_Answer):
    """`GET {scores}`."""

    scores: list[_Score] = Field(max_length=_MOST)

    def said(self) -> tuple[Score, ...]:
        """The scores in our words."""
        return tuple(Score(bureau=row.bureau, model=row.model, value=row.value, as_of=row.as_of) for row in self.scores)


class _Alert(_Answer):
    id: str = Field(min_length=1, max_length=100)
    bureau: _Bureau = None
    kind: _Words
    occurred_on: date
    text: Annotated[str, BeforeValidator(_start_of_text)] = Field("", max_length=2000, repr=False)


class AlertsAnswer(_Answer):
    """`GET {alerts}?after=`."""

    alerts: list[_Alert] = Field(max_length=_MOST)
    next: str = Field(max_length=500)

    def said(self) -> Alerts:
        """The alerts in our words, and the place to go on from."""
        alerts = tuple(
            Alert(alert_id=row.id, bureau=row.bureau, kind=row.kind, occurred_on=row.occurred_on, text=row.text)
            for row in self.alerts
        )
        return Alerts(alerts=alerts, cursor=self.next)
