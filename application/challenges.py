"""From findings to the words of one item: what is challenged about one tradeline at one bureau."""

from __future__ import annotations

import re
from datetime import date

from pydantic import ValidationError

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.disputes import Challenge
from domain.findings.explaining import can_be_written
from domain.findings.model import Finding
from domain.findings.quoting import label, named, shown
from domain.kernel import Invalid
from domain.letter_facts import DisputedItemFacts, FieldClaim, RequestKind, masked
from domain.money import format_cents
from domain.reconciliation import AskedField
from domain.wording import long_date

_MONEY = frozenset({"balance", "high_balance", "credit_limit", "past_due", "monthly_payment", "charge_off_amount"})
_BASIS_MAX = 600
_FIELDS_MAX = 8
_VALUE_MAX = 120
_FURNISHER_MAX = 80
_FIGURE = re.compile(r"\$?\d[\d,.-]*\d|\d")
"""The figures of a finding's own sentence: the finding is their source."""


class NotDisputable(Invalid):
    """This finding cannot be put into the letters that can be written now."""

    code = "finding_not_disputable"


def chosen_rows(finding: Finding, bureaus: tuple[Bureau, ...], report: CanonicalReport) -> list[BureauTradeline]:
    """The rows a choice of finding and bureaus means; an item is never disputed where it is not reported."""
    if not can_be_written(finding):
        raise NotDisputable(
            f"finding {finding.finding_key} ({finding.name}) cannot be put into a letter about accounts;"
            " leave it out",
            finding_key=finding.finding_key,
        )
    wanted = bureaus or finding.bureaus
    if not set(wanted) <= set(finding.bureaus):
        raise NotDisputable(
            f"finding {finding.finding_key} does not stand at every bureau named; choose from its own bureaus",
            finding_key=finding.finding_key,
        )
    quoted = {value.row for value in finding.values if value.row is not None}
    rows = [row for row in report.rows() if row.group == finding.group and row.bureau in wanted]
    return [row for row in rows if row.ref in quoted] or rows


def challenge_of(row: BureauTradeline, findings: list[Finding], account: list[BureauTradeline]) -> Challenge:
    """One item for one row: every chosen finding's fields, facts and requests together, the strongest first.

    `account` is the same account at every bureau: a finding's sentence may name it as another bureau does, and
    the letter names it as its reader does.
    """
    ranked = sorted(findings, key=lambda f: (-f.rank, f.finding_key))
    lead = ranked[0]
    assert lead.reason is not None
    asks: dict[str, AskedField] = {}
    for ask in (ask for finding in ranked for ask in finding.asks):
        asks.setdefault(ask.field, ask)
    delete = not lead.asks
    quoted = [value for finding in ranked for value in finding.values if value.row == row.ref]
    shown_here = _most_wanted([value.field for value in quoted], asks)
    fields: dict[str, FieldClaim] = {}
    basis = _basis([_as_known_to(row, finding.assertable, account) for finding in ranked])
    elsewhere = {value.printed for finding in ranked for value in finding.values} | set(_FIGURE.findall(basis))
    elsewhere |= {bureau.display_name for finding in ranked for bureau in finding.bureaus}
    elsewhere |= {text for other in account for text in (other.creditor_name, other.account_masked) if text}
    try:
        for value in quoted:
            if value.field in shown_here and value.field not in fields:
                fields[value.field] = FieldClaim(
                    label=value.label,
                    printed=_cut(value.printed, _VALUE_MAX),
                    claimed=_claimed(asks.get(value.field)),
                    context=not delete and value.field not in asks,
                )
        for field, ask in asks.items():
            if field not in fields and len(fields) < _FIELDS_MAX and not delete:
                printed = _cut(shown(row, field), _VALUE_MAX)
                fields[field] = FieldClaim(label=label(field), printed=printed, claimed=_claimed(ask))
        item = DisputedItemFacts(
            number=1,
            furnisher=_cut(row.creditor_name or "the company named on the report", _FURNISHER_MAX),
            account_masked=masked(row.account_masked) if row.account_masked else None,
            fields=tuple(fields.values()),
            reason=lead.reason.value,
            basis=basis,
            basis_values=tuple(sorted({_cut(text, _VALUE_MAX) for text in elsewhere})),
            request=RequestKind.DELETE if delete else RequestKind.CORRECT,
        )
    except ValidationError:
        raise NotDisputable(
            f"finding {lead.finding_key} ({lead.name}) quotes text that cannot be printed in a letter; leave it out",
            finding_key=lead.finding_key,
        ) from None
    return Challenge(
        finding_keys=tuple(finding.finding_key for finding in ranked),
        reason=lead.reason.value,
        item=item,
        asked=() if delete else tuple(ask for field, ask in asks.items() if field in fields),
    )


def challenge_again(row: BureauTradeline, earlier: Challenge, reported_on: date) -> Challenge:
    """The same challenge to a tradeline that was deleted after it and is reported again, on `reported_on`."""
    day = long_date(reported_on)
    item = DisputedItemFacts(
        number=1,
        kind=earlier.item.kind,
        furnisher=_cut(row.creditor_name or "the company named on the report", _FURNISHER_MAX),
        account_masked=masked(row.account_masked) if row.account_masked else None,
        reason=earlier.reason,
        basis=f"It was deleted after I had disputed it, and it is shown again in my report of {day}.",
        basis_values=(day,),
        request=RequestKind.DELETE,
    )
    return Challenge(finding_keys=earlier.finding_keys, reason=earlier.reason, item=item)


def _as_known_to(row: BureauTradeline, sentence: str, account: list[BureauTradeline]) -> str:
    for name in sorted({named(other) for other in account if other.bureau is not row.bureau}, key=len, reverse=True):
        if name in sentence and named(row) not in sentence:
            return sentence.replace(name, named(row))
    return sentence


def _basis(sentences: list[str]) -> str:
    text = ""
    for sentence in dict.fromkeys(sentences):
        longer = f"{text} {sentence}".strip()
        if len(longer) <= _BASIS_MAX:
            text = longer
    return text or _cut(sentences[0], _BASIS_MAX)


def _most_wanted(fields: list[str], asks: dict[str, AskedField]) -> set[str]:
    """The fields a letter has room for: those it asks about before those that only explain."""
    return set(sorted(dict.fromkeys(fields), key=lambda field: field not in asks)[:_FIELDS_MAX])


def _cut(text: str, most: int) -> str:
    """Text of at most so many characters; what was left out shows as an ellipsis."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rpartition(' ')[0] or text[: most - 1]}…"


def _claimed(ask: AskedField | None) -> str | None:
    if ask is None or ask.unstated:
        return None
    if ask.expected is None:
        return "not shown"
    if ask.field in _MONEY:
        return format_cents(int(ask.expected))
    return ask.expected.replace("_", " ")
