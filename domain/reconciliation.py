"""What a later report says about a dispute: compared field by field, proposed, never closed from here.

Three guards come first. A bureau's section that is missing or thin says nothing about what it left out.
A report of another family of formats prints other fields, with another precision. And a change seen before the bureau
had our letter cannot be its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.kernel import Value
from domain.partial_dates import PartialDate

_TRADELINES_KEPT_PERCENT: Final = 70
_HISTORY: Final = "history."
_ROUNDED_DAYS: Final = 31
_ROUNDED_PERCENT: Final = 2
_UNCOMPARED: Final = frozenset({"ref", "group", "bureau", "account_number", "printed", "handle", "history", "medical"})
ROUTINE_FIELDS: Final = frozenset(
    {
        "reported", "verified", "status_date", "last_payment", "balance", "months_reviewed", "dispute_flag",
        "remarks", "creditor_name", "account_masked", "subscriber_code", "type_detail",
    }
)  # fmt: skip
"""Fields that move every month, or with the vendor's spelling, without anyone having decided about a dispute."""


TRADELINE: Final = "tradeline"
"""Among the fields compared: whether the report has the account at all."""
REPORTED: Final = "reported"


class Outcome(StrEnum):
    """How a dispute can end."""

    DELETED = "deleted"
    CORRECTED = "corrected"
    UPDATED_OTHER = "updated_other"
    VERIFIED = "verified"
    PARTIALLY_CORRECTED = "partially_corrected"
    NO_RESPONSE = "no_response"
    FRIVOLOUS = "frivolous"
    NOT_PROCESSED = "not_processed"
    BLOCKED_605B = "blocked_605b"
    BLOCK_DECLINED = "block_declined"
    REINSERTED = "reinserted"
    AGED_OFF = "aged_off"
    MOOT = "moot"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"
    INDETERMINATE = "indeterminate"


class Rule(StrEnum):
    """The rule a decision rests on; the ids are kept in events and never reused."""

    INCOMPLETE = "C01"
    IDENTITY_IN_REVIEW = "C02"
    REMOVED_BEFORE_RECEIPT = "C03"
    REMOVED_AFTER_RECEIPT = "C04"
    SETTLED_BEFORE_RECEIPT = "C05"
    ALL_AS_ASKED = "C06"
    SOME_AS_ASKED = "C07"
    CHANGED_OTHERWISE = "C08"
    REPORTED_UNCHANGED = "C09"
    NOT_REPORTED_SINCE = "C10"
    NOT_RECEIVED = "C11"
    REPORTED_AGAIN = "C12"
    OTHER_FORMAT = "C13"


class Completeness(Value):
    """Whether one bureau's section can be believed about what it does not contain.

    `steady`: it shows the accounts of the bureau's last complete section, no fewer and none of those it had lacked.
    Only then is what both lack surely gone: a section that was merely thin shows other accounts the next time.
    `counted`: the provider, or the report's own summary, says how many accounts there are, and it holds just so many.
    One that names fewer counts something else than rows, and would not notice that one is missing.
    """

    bureau: Bureau
    complete: bool
    missing: tuple[str, ...] = ()
    steady: bool = False
    counted: bool = False


ROWS_LOST: Final = "rows_lost"
"""What is missing where a section holds fewer rows than the provider, or the report's own summary, counts there."""


def completeness(
    report: CanonicalReport, previous_counts: Mapping[Bureau, int], listed: Mapping[Bureau, int] | None = None
) -> dict[Bureau, Completeness]:
    """The completeness gate of each bureau.

    A section must be present, name the borrower, carry a score, hold at least one tradeline, and hold at
    least 70 % of the tradelines of the bureau's last complete section (`previous_counts`, absent if none).
    Where the provider says how many tradelines it lists (`listed`), or the report's own summary does, the section
    must hold every one of them.
    """
    told = listed or {}
    return {bureau: _gate(report, bureau, previous_counts.get(bureau), told.get(bureau)) for bureau in Bureau}


def _gate(report: CanonicalReport, bureau: Bureau, previous: int | None, told: int | None) -> Completeness:
    section = report.section(bureau)
    counts = {count for count in (told, section.listed) if count is not None}
    rows = sum(1 for _ in report.rows(bureau))
    checks = {
        "section": section.present,
        "borrower": section.borrower_present,
        "score": section.score is not None,
        "tradelines": section.tradeline_count > 0
        and section.tradeline_count * 100 >= (previous or 0) * _TRADELINES_KEPT_PERCENT,
        ROWS_LOST: rows >= max(counts, default=0),
    }
    missing = tuple(name for name, held in checks.items() if not held)
    return Completeness(bureau=bureau, complete=not missing, missing=missing, counted=counts == {rows} and not missing)


class FieldChange(Value):
    """One field of one bureau's row before and after, in canonical text (cents, ISO dates, our words)."""

    field: str
    before: str | None
    after: str | None


class AskedField(Value):
    """A field the letter asked to be put right.

    `expected` is the canonical text asked for; None asks that the field no longer be shown. `unstated`
    means the letter asked for an investigation without saying what is right, so no new value can be "as asked".
    """

    field: str
    expected: str | None = None
    unstated: bool = False


class DisputedItem(Value):
    """One dispute as reconciliation needs it. No asked fields: the letter asked for deletion."""

    tradeline_id: UUID
    bureau: Bureau
    asked: tuple[AskedField, ...] = ()
    received_on: date | None = None


class Reconciliation(Value):
    """What a report shows about a dispute. `outcome` None: it settles nothing, keep waiting.

    `provisional` outcomes need further reports, the bureau's own letter, or the operator.
    """

    outcome: Outcome | None
    provisional: bool
    rule: Rule
    changes: tuple[FieldChange, ...] = ()

    @property
    def settles(self) -> bool:
        """Whether the report proposes an end to the dispute."""
        return self.outcome not in (None, Outcome.INDETERMINATE)


def canonical_text(row: BureauTradeline, field: str) -> str | None:
    """A field's value as one comparable text; None when the report does not show it."""
    value = getattr(row, field)
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "; ".join(sorted(str(part) for part in value))
    return str(value)


def differences(before: BureauTradeline, after: BureauTradeline) -> tuple[FieldChange, ...]:
    """Every field, and every month of the payment grid shown in both, whose value changed."""
    changes = [
        FieldChange(field=field, before=canonical_text(before, field), after=canonical_text(after, field))
        for field in BureauTradeline.model_fields
        if field not in _UNCOMPARED and canonical_text(before, field) != canonical_text(after, field)
    ]
    earlier = {cell.month: cell.level for cell in before.history}
    changes += [
        FieldChange(field=f"history.{cell.month}", before=earlier[cell.month].value, after=cell.level.value)
        for cell in after.history
        if earlier.get(cell.month, cell.level) != cell.level
    ]
    return tuple(changes)


def reconcile(
    item: DisputedItem,
    before: BureauTradeline,
    after: BureauTradeline | None,
    gate: Completeness,
    pulled_on: date,
    *,
    identity_in_review: bool = False,
    same_format: bool = True,
    told_apart: bool = True,
) -> Reconciliation:
    """Propose what a report pulled on `pulled_on` shows about `item`.

    `before` is the row the dispute was opened on and `after` the same account at the same bureau now, None
    if no row was matched to it. `identity_in_review` says that an unmatched row may yet be this account.
    Without `same_format` the two reports are of different families of formats, and nothing is settled: what one
    prints to the day or in words, another rounds or leaves out, and no one decided that. Where one of the reports has
    two rows of the account at the bureau (not `told_apart`), nothing tells which of them is compared with which.
    """
    if gate.bureau is not item.bureau or before.bureau is not item.bureau:
        raise ValueError("a dispute is compared with its own bureau only")
    changes = compared(item, before, after)
    if not gate.complete:
        return Reconciliation(outcome=Outcome.INDETERMINATE, provisional=True, rule=Rule.INCOMPLETE, changes=changes)
    if not same_format:
        return Reconciliation(outcome=Outcome.INDETERMINATE, provisional=True, rule=Rule.OTHER_FORMAT, changes=changes)
    received = item.received_on is not None and item.received_on < pulled_on
    if after is None:
        return _removed(received, identity_in_review, changes)
    if not told_apart:
        return Reconciliation(
            outcome=Outcome.INDETERMINATE, provisional=True, rule=Rule.IDENTITY_IN_REVIEW, changes=changes
        )
    if not received:
        return _before_receipt(item, before, after, Rule.NOT_RECEIVED, changes)
    if _furnished_before_receipt(item, before, after):
        return _before_receipt(item, before, after, Rule.NOT_REPORTED_SINCE, changes)
    return _changed(item, before, after, changes)


def reported_again(item: DisputedItem, before: BureauTradeline, after: BureauTradeline) -> Reconciliation:
    """The tradeline was deleted, and stands in a later report: under whatever name, `after` is its row now."""
    shown = FieldChange(field=TRADELINE, before=None, after=REPORTED)
    changes = (shown, *(change for change in compared(item, before, after) if change.field != TRADELINE))
    return Reconciliation(outcome=Outcome.REINSERTED, provisional=False, rule=Rule.REPORTED_AGAIN, changes=changes)


def compared(item: DisputedItem, before: BureauTradeline, after: BureauTradeline | None) -> tuple[FieldChange, ...]:
    """Both values of every disputed field, changed or not, then every other change.

    Where the tradeline itself is disputed, or is gone, it stands as a field of its own.
    """
    asked = {
        name: FieldChange(field=name, before=_value(before, name), after=None if after is None else _value(after, name))
        for name in (each.field for each in item.asked)
    }
    if after is None:
        return FieldChange(field=TRADELINE, before=REPORTED, after=None), *asked.values()
    if not asked:
        asked[TRADELINE] = FieldChange(field=TRADELINE, before=REPORTED, after=REPORTED)
    return *asked.values(), *(change for change in differences(before, after) if change.field not in asked)


def _removed(received: bool, identity_in_review: bool, changes: tuple[FieldChange, ...]) -> Reconciliation:
    if identity_in_review:
        outcome, rule = Outcome.INDETERMINATE, Rule.IDENTITY_IN_REVIEW
    elif not received:
        outcome, rule = Outcome.MOOT, Rule.REMOVED_BEFORE_RECEIPT
    else:
        outcome, rule = Outcome.DELETED, Rule.REMOVED_AFTER_RECEIPT
    return Reconciliation(outcome=outcome, provisional=True, rule=rule, changes=changes)


def _furnished_before_receipt(item: DisputedItem, before: BureauTradeline, after: BureauTradeline) -> bool:
    """Whether the furnisher has surely reported since `before`, and surely not since the bureau has our letter.

    What that report changed is its ordinary update, no answer. Where the date stands still, the bureau itself may have
    changed something.
    """
    if item.received_on is None or before.reported is None or after.reported is None:
        return False
    return before.reported.latest < after.reported.earliest and after.reported.latest <= item.received_on


def _before_receipt(
    item: DisputedItem,
    before: BureauTradeline,
    after: BureauTradeline,
    else_rule: Rule,
    changes: tuple[FieldChange, ...],
) -> Reconciliation:
    settled = _as_asked(item, before, after)
    if settled and len(settled) == len(item.asked):
        return Reconciliation(outcome=Outcome.MOOT, provisional=True, rule=Rule.SETTLED_BEFORE_RECEIPT, changes=changes)
    return Reconciliation(outcome=None, provisional=False, rule=else_rule, changes=changes)


def _changed(
    item: DisputedItem, before: BureauTradeline, after: BureauTradeline, changes: tuple[FieldChange, ...]
) -> Reconciliation:
    settled = _as_asked(item, before, after)
    asked = {asked.field for asked in item.asked}
    moved = differences(before, after)
    decided = [change for change in moved if change.field in asked or _is_decided(change, before, after)]
    if settled and len(settled) == len(item.asked):
        outcome, rule = Outcome.CORRECTED, Rule.ALL_AS_ASKED
    elif settled:
        outcome, rule = Outcome.PARTIALLY_CORRECTED, Rule.SOME_AS_ASKED
    elif decided:
        outcome, rule = Outcome.UPDATED_OTHER, Rule.CHANGED_OTHERWISE
    elif any(_is_left_out(each, item, before, after) for each in item.asked):
        outcome, rule = Outcome.INDETERMINATE, Rule.INCOMPLETE
    elif _after(after.reported, item.received_on):
        outcome, rule = Outcome.VERIFIED, Rule.REPORTED_UNCHANGED
    else:
        return Reconciliation(outcome=None, provisional=False, rule=Rule.NOT_REPORTED_SINCE, changes=changes)
    return Reconciliation(outcome=outcome, provisional=True, rule=rule, changes=changes)


def _is_decided(change: FieldChange, before: BureauTradeline, after: BureauTradeline) -> bool:
    """Whether somebody must have changed it: not what a source leaves out this time, or rounds otherwise."""
    if change.field in ROUTINE_FIELDS or change.after is None or _printed_otherwise(change, before, after):
        return False
    if change.field == "opened":
        return before.opened is None or after.opened is None or before.opened.days_apart(after.opened) > _ROUNDED_DAYS
    if change.field == "high_balance":
        one, other = before.high_balance or 0, after.high_balance or 0
        return abs(one - other) * 100 > _ROUNDED_PERCENT * max(one, other)
    return True


def _printed_otherwise(change: FieldChange, before: BureauTradeline, after: BureauTradeline) -> bool:
    """Whether it is the same value: a day where the month was known, or the same words spelled another way."""
    one, other = getattr(before, change.field, None), getattr(after, change.field, None)
    if isinstance(one, PartialDate) and isinstance(other, PartialDate):
        less, more = sorted((str(one), str(other)), key=len)
        return more.startswith(less)
    return type(one) is type(other) is str and _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return "".join(each if each.isalnum() else " " for each in text.casefold()).split()


def _as_asked(item: DisputedItem, before: BureauTradeline, after: BureauTradeline) -> list[AskedField]:
    return [asked for asked in item.asked if not asked.unstated and _fulfilled(asked, item, before, after)]


def _fulfilled(asked: AskedField, item: DisputedItem, before: BureauTradeline, after: BureauTradeline) -> bool:
    if _is_left_out(asked, item, before, after):
        return False
    now = _value(after, asked.field)
    return now == asked.expected and now != _value(before, asked.field)


def _is_left_out(asked: AskedField, item: DisputedItem, before: BureauTradeline, after: BureauTradeline) -> bool:
    """Whether a month is missing because the grid is, or is printed for fewer months: nobody took that month away.

    A source that prints fewer months leaves out others too, newer than the one asked about, which no one asked about.
    """
    if not asked.field.startswith(_HISTORY) or _value(after, asked.field) is not None:
        return False
    shown = {cell.month for cell in after.history}
    gone = {each.field.removeprefix(_HISTORY) for each in item.asked}
    newer = {cell.month for cell in before.history if cell.month > asked.field.removeprefix(_HISTORY)}
    return not shown or not newer - gone <= shown


def _value(row: BureauTradeline, field: str) -> str | None:
    if not field.startswith(_HISTORY):
        return canonical_text(row, field)
    month = field.removeprefix(_HISTORY)
    return next((cell.level.value for cell in row.history if cell.month == month), None)


def _after(reported: PartialDate | None, received_on: date | None) -> bool:
    return reported is not None and received_on is not None and reported.earliest > received_on
