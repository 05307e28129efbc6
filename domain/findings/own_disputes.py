"""What a report should show of our own disputes: a flag while one is open, none after it, nothing that was deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from domain.credit_reports import BureauTradeline
from domain.deadlines import add_business_days
from domain.findings.known import Identity, OwnDispute
from domain.findings.model import DisputeReason, FieldValue, LetterType, Observation
from domain.findings.quoting import named, quote, shown
from domain.findings.registry import Scan, detector
from domain.reconciliation import AskedField, Outcome, canonical_text

DETECTED_LATER: Final = frozenset({"D32", "D33", "D46"})
"""These compare a report with our own disputes, which are looked up after it was read."""

_NOTICE_DAYS: Final = 5
"""Business days after receipt within which a bureau tells the furnisher of a dispute (rule R04)."""

_STUCK_DAYS: Final = 60
_IN_DISPUTE: Final = re.compile(r"\bdisput", re.I)
_NOT_IN_DISPUTE: Final = re.compile(r"\b(no longer|not|resolved|previously|formerly|removed|completed)\b", re.I)


def _disputed_here(scan: Scan, row: BureauTradeline) -> list[OwnDispute]:
    """Our disputes of this very account at this bureau that the bureau has had."""
    mine = {identity.tradeline_id for identity in scan.identities.get(row.ref, ()) if identity.settled}
    return [
        dispute
        for dispute in (scan.disputes if mine else ())
        if dispute.tradeline_id in mine and dispute.bureau is row.bureau and dispute.received_on is not None
    ]


def _says_disputed(row: BureauTradeline) -> str | None:
    """The field by which a row says that it is in dispute."""
    if row.dispute_flag:
        return "dispute_flag"
    told = any(_IN_DISPUTE.search(remark) and not _NOT_IN_DISPUTE.search(remark) for remark in row.remarks)
    return "remarks" if told else None


@detector(
    "D32",
    version=1,
    name="dispute_flag_missing",
    reason=DisputeReason.REMARK_OR_DISPUTE_FLAG,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=4,
    score_harm=2,
)
def dispute_flag_missing(scan: Scan) -> Iterator[Observation]:
    """An account was reported again while our dispute of it was open, not as we asked, and is not shown as disputed.

    The furnisher must have known: it was reported after the five business days in which the bureau passes a
    dispute on.
    """
    for row in scan.rows():
        if row.dispute_flag is None or row.reported is None or _says_disputed(row) is not None:
            continue
        for dispute in _disputed_here(scan, row):
            known = dispute.received_on and add_business_days(dispute.received_on, _NOTICE_DAYS)
            if known is None or row.reported.earliest <= known or not dispute.open_on(row.reported.latest):
                continue
            if _as_asked(row, dispute):
                continue
            yield Observation(
                bureaus=(row.bureau,),
                group=row.group,
                values=quote(row, "dispute_flag", "reported"),
                confidence=80 if dispute.receipt_proven else 65,
                assertable=(
                    f"{_received(dispute)}; {row.bureau.display_name} reports {named(row)} as updated on "
                    f"{row.reported}, after that, and does not show it as disputed."
                ),
                asks=(AskedField(field="dispute_flag", unstated=True),),
            )
            break


def _as_asked(row: BureauTradeline, dispute: OwnDispute) -> bool:
    """Whether the row shows all that was asked for: then nothing is in dispute any more."""
    months = {f"history.{cell.month}": cell.level.value for cell in row.history}
    return bool(dispute.asked) and all(
        not asked.unstated and asked.expected == _now(row, asked.field, months) for asked in dispute.asked
    )


def _now(row: BureauTradeline, field: str, months: Mapping[str, str]) -> str | None:
    return months.get(field) if field.startswith("history.") else canonical_text(row, field)


def _received(dispute: OwnDispute) -> str:
    verb = "received" if dispute.receipt_proven else "is presumed to have received"
    return f"{dispute.bureau.display_name} {verb} a dispute of {dispute.account} on {dispute.received_on}"


@detector(
    "D33",
    version=1,
    name="dispute_flag_stuck",
    reason=DisputeReason.REMARK_OR_DISPUTE_FLAG,
    letter=LetterType.BUREAU_DISPUTE_611,
    legal_strength=3,
    score_harm=2,
)
def dispute_flag_stuck(scan: Scan) -> Iterator[Observation]:
    """An account is still shown as disputed more than 60 days after our last dispute of it ended."""
    for row in scan.rows():
        field, disputes = _says_disputed(row), _disputed_here(scan, row)
        ended = [dispute.ended_on for dispute in disputes if dispute.ended_on is not None]
        if field is None or not ended or len(ended) < len(disputes):
            continue
        shown_on = scan.shown_on(row.bureau)
        if shown_on <= max(ended) + timedelta(days=_STUCK_DAYS):
            continue
        yield Observation(
            bureaus=(row.bureau,),
            group=row.group,
            values=quote(row, field),
            confidence=80,
            assertable=(
                f'{row.bureau.display_name} shows {named(row)} on {shown_on.isoformat()} with "{shown(row, field)}", '
                f"more than {_STUCK_DAYS} days after the dispute of it ended on {max(ended).isoformat()}."
            ),
            asks=(AskedField(field=field, unstated=True),),
        )


@detector(
    "D46",
    version=2,
    name="reinsertion",
    reason=DisputeReason.REINSERTED,
    letter=LetterType.REINSERTION_DISPUTE,
    legal_strength=5,
    score_harm=5,
)
def reinsertion(scan: Scan) -> Iterator[Observation]:
    """An account whose dispute ended as deleted is on the bureau's report again, perhaps under another name.

    A row that a person has yet to recognise counts too, with less confidence and only as one that may be the same.
    """
    for row in scan.rows():
        for identity in scan.identities.get(row.ref, ()):
            dispute = _deleted(scan, row, identity)
            if dispute is not None:
                yield _back_again(row, dispute, identity)
                break


def _deleted(scan: Scan, row: BureauTradeline, identity: Identity) -> OwnDispute | None:
    """The last dispute of the account here, if it ended as deleted by a report older than this one."""
    of_it = [
        dispute
        for dispute in scan.disputes
        if dispute.tradeline_id == identity.tradeline_id and dispute.bureau is row.bureau and dispute.ended_on
    ]
    last = max(of_it, key=lambda dispute: (dispute.opened_on, dispute.ended_on or dispute.opened_on), default=None)
    if last is None or last.outcome is not Outcome.DELETED or last.answered_on is None:
        return None
    return last if last.answered_on < scan.shown_on(row.bureau) else None


def _back_again(row: BureauTradeline, dispute: OwnDispute, identity: Identity) -> Observation:
    bureau = row.bureau.display_name
    fields = ("creditor_name", "account_masked", "original_creditor", "balance")
    again = "again reports" if identity.settled else "reports"
    same = "" if identity.settled else ", and the two may be the same debt"
    gone = (
        f"its report pulled on {dispute.answered_on} no longer showed {dispute.account}, and the dispute of that was "
        f"closed on {dispute.ended_on} as deleted"
    )
    return Observation(
        bureaus=(row.bureau,),
        group=row.group,
        values=(
            *quote(row, *(field for field in fields if getattr(row, field) is not None)),
            _told(row, "account", "account of the earlier dispute", dispute.account),
            _told(row, "outcome", "outcome of the earlier dispute", f"deleted, closed on {dispute.ended_on}"),
            _told(row, "report", "earlier report", f"report {dispute.answered_by}, pulled on {dispute.answered_on}"),
        ),
        confidence=96 if identity.settled else 70,
        assertable=f"{bureau} {again} {named(row)}; {gone}{same}.",
    )


def _told(row: BureauTradeline, field: str, label: str, printed: str) -> FieldValue:
    return FieldValue(bureau=row.bureau, field=f"dispute.{field}", label=label, printed=printed)
