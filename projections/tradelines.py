"""What each bureau reports of each account, pull by pull."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from pydantic import BaseModel

from domain.bureaus import Bureau
from domain.consumers import Consumer
from domain.credit_files import CreditFile
from domain.credit_reports import BureauTradeline
from domain.kernel import Event
from domain.reports import Report
from projections.kernel import Change, Projection, Recorded, Table, on

_TEXTS = ("opened", "closed", "reported", "last_payment", "account_type", "designator", "condition", "open_closed")
_CENTS = ("balance", "high_balance", "credit_limit", "past_due", "monthly_payment")

TRADELINES = Table(
    "tradelines",
    key={"id": "uuid"},
    columns={
        "consumer_id": "uuid",
        "report_id": "uuid",
        "tradeline_id": "uuid",
        "ref": "text",
        "bureau": "text",
        "pulled_on": "date",
        "creditor_name": "text",
        "account_masked": "text",
        "pay_status": "text",
        "history": "jsonb",
        "match_tier": "text",
        "match_candidates": "uuid[]",
        **dict.fromkeys(_TEXTS, "text"),
        **{f"{name}_cents": "bigint" for name in _CENTS},
    },
    indexes=("report_id, ref, id", "consumer_id, pulled_on", "tradeline_id, pulled_on"),
)


class TradelineRow(BaseModel):
    """One account at one bureau in one report. Amounts in cents; dates as precise as they were printed.

    `match_candidates` are the tradelines a row may be while an operator has not said which; `match_tier` names the
    rule by which it was matched, or is in question.
    """

    id: UUID
    consumer_id: UUID
    report_id: UUID
    tradeline_id: UUID | None
    ref: str
    bureau: Bureau
    pulled_on: date
    creditor_name: str | None
    account_masked: str | None
    account_type: str | None
    designator: str | None
    opened: str | None
    closed: str | None
    reported: str | None
    last_payment: str | None
    condition: str | None
    open_closed: str | None
    pay_status: str | None
    balance_cents: int | None
    high_balance_cents: int | None
    credit_limit_cents: int | None
    past_due_cents: int | None
    monthly_payment_cents: int | None
    history: list[dict[str, Any]] | None
    match_tier: str | None
    match_candidates: list[UUID] | None


class TradelinesProjection(Projection):
    """Every row of every report that is really reported."""

    name = "tradelines"
    version = 2
    tables = (TRADELINES,)

    @on(CreditFile.PullMatched)
    def matched(self, r: Recorded[CreditFile.PullMatched]) -> Iterable[Change]:
        found: dict[str, tuple[str, tuple[UUID, ...] | None]]
        found = {ref: (tier, None) for ref, tier in r.event.tiers.items()}
        found |= {review.ref: (review.tier, review.candidates) for review in r.event.in_review}
        for ref, (tier, candidates) in found.items():
            yield TRADELINES.put(
                row_id(r.event.report_id, ref),
                consumer_id=r.event.subject_id,
                report_id=r.event.report_id,
                ref=ref,
                pulled_on=r.event.pulled_on,
                match_tier=tier,
                match_candidates=None if candidates is None else list(candidates),
            )

    @on(CreditFile.MatchSettled)
    def question_answered(self, r: Recorded[CreditFile.MatchSettled]) -> Iterable[Change]:
        yield TRADELINES.amend(row_id(r.event.report_id, r.event.ref), match_candidates=None)

    @on(Report.MatchSettled)
    def match_settled(self, r: Recorded[Report.MatchSettled]) -> Iterable[Change]:
        for ref, tradeline_id in r.event.tradeline_ids.items():
            yield TRADELINES.amend(row_id(r.event.originator_id, ref), tradeline_id=tradeline_id)

    @on(Report.Parsed)
    def parsed(self, r: Recorded[Report.Parsed]) -> Iterable[Change]:
        if r.event.canonical is None:
            return
        for row in r.event.canonical.rows():
            yield TRADELINES.put(
                row_id(r.event.originator_id, row.ref),
                consumer_id=r.event.subject_id,
                report_id=r.event.originator_id,
                tradeline_id=r.event.tradeline_ids.get(row.ref),
                ref=row.ref,
                pulled_on=r.event.pulled_on,
                **_facts(row),
            )

    @on(Consumer.Erased, Consumer.Forgotten)
    def consumer_erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield TRADELINES.remove_where(consumer_id=r.event.originator_id)


def row_id(report_id: UUID, ref: str) -> UUID:
    """The id of one row of one report."""
    return uuid5(report_id, f"row:{ref}")


def _facts(row: BureauTradeline) -> dict[str, Any]:
    facts: dict[str, Any] = {name: _text(getattr(row, name)) for name in _TEXTS}
    facts |= {f"{name}_cents": getattr(row, name) for name in _CENTS}
    return facts | {
        "bureau": row.bureau,
        "creditor_name": row.creditor_name,
        "account_masked": row.account_masked,
        "pay_status": row.printed.get("pay_status") or _text(row.pay_status),
        "history": [{"month": cell.month, "level": cell.level.value} for cell in row.history],
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
