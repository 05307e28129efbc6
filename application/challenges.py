"""From findings to the words of one item: what is challenged about one tradeline at one bureau."""

from __future__ import annotations

import re

from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline, CanonicalReport
from domain.disputes import Challenge
from domain.findings.model import Finding
from domain.findings.quoting import label, named, shown
from domain.kernel import Invalid
from domain.letter_facts import DisputedItemFacts, FieldClaim, RequestKind, masked
from domain.money import format_cents
from domain.reconciliation import AskedField
from domain.wording import REASONS

_MONEY = frozenset({"balance", "high_balance", "credit_limit", "past_due", "monthly_payment"})
_BASIS_MAX = 600
_FIELDS_MAX = 8
_FIGURE = re.compile(r"\$?\d[\d,.-]*\d|\d")
"""The figures of a finding's own sentence: the finding is their source."""


class NotDisputable(Invalid):
    """This finding cannot be put into the letters that can be written now."""

    code = "finding_not_disputable"


def chosen_rows(finding: Finding, bureaus: tuple[Bureau, ...], report: CanonicalReport) -> list[BureauTradeline]:
    """The rows a choice of finding and bureaus means; an item is never disputed where it is not reported."""
    if finding.reason is None or finding.reason.value not in REASONS or finding.group is None:
        raise NotDisputable(
            f"finding {finding.finding_key} ({finding.name}) cannot be put into a bureau_dispute_611 letter;"
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
    fields: dict[str, FieldClaim] = {}
    for value in (value for finding in ranked for value in finding.values):
        if value.row == row.ref and value.field not in fields and len(fields) < _FIELDS_MAX:
            fields[value.field] = FieldClaim(
                label=value.label,
                printed=value.printed,
                claimed=_claimed(asks.get(value.field)),
                context=not delete and value.field not in asks,
            )
    for field, ask in asks.items():
        if field not in fields and len(fields) < _FIELDS_MAX and not delete:
            fields[field] = FieldClaim(label=label(field), printed=shown(row, field), claimed=_claimed(ask))
    basis = _basis([_as_known_to(row, finding.assertable, account) for finding in ranked])
    elsewhere = {value.printed for finding in ranked for value in finding.values} | set(_FIGURE.findall(basis))
    elsewhere |= {bureau.display_name for finding in ranked for bureau in finding.bureaus}
    elsewhere |= {text for other in account for text in (other.creditor_name, other.account_masked) if text}
    item = DisputedItemFacts(
        number=1,
        furnisher=row.creditor_name or "the company named on the report",
        account_masked=masked(row.account_masked) if row.account_masked else None,
        fields=tuple(fields.values()),
        reason=lead.reason.value,
        basis=basis,
        basis_values=tuple(sorted(elsewhere)),
        request=RequestKind.DELETE if delete else RequestKind.CORRECT,
    )
    return Challenge(
        finding_keys=tuple(finding.finding_key for finding in ranked),
        reason=lead.reason.value,
        item=item,
        asked=() if delete else tuple(asks.values()),
    )


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
    return text


def _claimed(ask: AskedField | None) -> str | None:
    if ask is None or ask.unstated:
        return None
    if ask.expected is None:
        return "not shown"
    if ask.field in _MONEY:
        return format_cents(int(ask.expected))
    return ask.expected.replace("_", " ")
