"""Opening disputes from findings, following them, and ending them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.challenges import NotDisputable, challenge_of, chosen_rows
from application.drafting import DraftLetters, sender_of, void
from application.kernel import Answer, Command, Work, handles
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, Consumer
from domain.credit_files import CreditFile
from domain.deadlines import ReceiptBasis
from domain.dispute_states import ENDED
from domain.disputes import Dispute, DisputeStatus
from domain.findings.model import Finding
from domain.kernel import DomainError, Invalid, NotFound, Value
from domain.letter_facts import ANNUAL_REPORT_DISPUTE, BUREAU_DISPUTE
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.permissions import Permission
from domain.reports import Report


class AlreadyDisputed(DomainError):
    """This tradeline is in an open dispute with this bureau."""

    code = "already_disputed"


class NothingNew(DomainError):
    """The bureau has called this very challenge frivolous: it is made again only with something new in it (R05)."""

    code = "nothing_new"


class NoLongerReported(DomainError):
    """A later report of this bureau does not show the tradeline any more: there is nothing left to dispute."""

    code = "no_longer_reported"


class Selection(Value):
    """One finding the consumer chose, and the bureaus to challenge it at (all it names, when none is given)."""

    finding_key: Annotated[str, Field(pattern=r"^[0-9a-f]{20}$")]
    bureaus: Annotated[tuple[Bureau, ...], Field(max_length=3)] = ()


class OpenDisputes(Command):
    """The consumer challenges what they chose; letters are drafted from it by themselves."""

    needs: ClassVar[Permission] = Permission.SELECT_FINDINGS

    consumer_id: UUID
    report_id: UUID
    selections: Annotated[tuple[Selection, ...], Field(min_length=1, max_length=50)]


class WithdrawDispute(Command):
    """The consumer takes a challenge back."""

    needs: ClassVar[Permission] = Permission.WRITE_DISPUTES
    target: ClassVar[str | None] = "dispute_id"
    dispute_id: UUID


class RecordReceipt(Command):
    """The recipient has the letter: the clock starts."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "sla_check"

    dispute_id: UUID
    received_on: date
    basis: ReceiptBasis
    time_zone: str
    mailing_id: UUID


class RecordInformationSent(Command):
    """The consumer sent the bureau relevant information, which may extend the period once (R02)."""

    needs: ClassVar[Permission] = Permission.WRITE_DISPUTES
    target: ClassVar[str | None] = "dispute_id"

    dispute_id: UUID
    sent_on: date


class CheckOverdue(Command):
    """Look whether the bureau's silence may be called a breach by now."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "sla_check"
    dispute_id: UUID


class ReturnDispute(Command):
    """The post brought the letter back."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "sla_check"
    dispute_id: UUID
    mailing_id: UUID


class ConfirmOutcome(Command):
    """The operator agrees with a proposed outcome and closes the dispute."""

    needs: ClassVar[Permission] = Permission.CONFIRM_OUTCOMES
    target: ClassVar[str | None] = "dispute_id"
    dispute_id: UUID


class OverruleOutcome(Command):
    """The operator disagrees with a proposed outcome, and says why."""

    needs: ClassVar[Permission] = Permission.CONFIRM_OUTCOMES
    target: ClassVar[str | None] = "dispute_id"
    dispute_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@handles(OpenDisputes)
def open_disputes(command: OpenDisputes, work: Work) -> Answer:
    """One dispute for each tradeline and bureau chosen; several findings on one tradeline make one dispute."""
    consumer = work.load(Consumer, command.consumer_id)
    consumer.check_consent(ConsentKind.DISPUTE_IN_MY_NAME)
    sender_of(consumer.known())
    report = work.load(Report, command.report_id)
    if report.owner_id != consumer.id:
        raise NotFound("there is no report of this id")
    canonical = report.read()
    chosen: dict[tuple[Bureau, str], list[Finding]] = {}
    for selection in command.selections:
        finding = _finding(report, selection.finding_key)
        for row in chosen_rows(finding, selection.bureaus, canonical):
            chosen.setdefault((row.bureau, row.ref), []).append(finding)
    rows = {row.ref: row for row in canonical.rows()}
    tenant_id = work.caller.tenant_id
    _check_reported(report, chosen, work)
    chosen = _one_row_each(chosen, report)
    ids = {
        (bureau, ref): next_round(work, tenant_id, consumer.id, report.tradeline_ids[ref], bureau)
        for bureau, ref in chosen
    }
    for (bureau, ref), findings in chosen.items():
        _check_new(report.tradeline_ids[ref], bureau, ids[bureau, ref][1], report, findings, work)
    selection_id = work.ports.new_id()
    for (bureau, ref), findings in chosen.items():
        dispute_id, round_ = ids[bureau, ref]
        work.add(
            Dispute.open(
                dispute_id,
                work.now,
                consumer_id=consumer.id,
                tradeline_id=report.tradeline_ids[ref],
                bureau=bureau,
                round_=round_,
                report_id=report.id,
                letter_type=letter_type_for(report),
                selection_id=selection_id,
                drafted_with=tuple(other for (b, _), (other, _) in ids.items() if b is bureau),
                challenge=challenge_of(rows[ref], findings, [r for r in rows.values() if r.group == rows[ref].group]),
            )
        )
    return {
        "selection_id": selection_id,
        "disputes": [{"dispute_id": ids[key][0], "bureau": key[0].value} for key in chosen],
    }


def letter_type_for(report: Report) -> str:
    """The letter that disputes what this report shows: its deadline depends on where the copy came from (R01, R03)."""
    return ANNUAL_REPORT_DISPUTE if report.free_annual else BUREAU_DISPUTE


def _check_reported(report: Report, chosen: Iterable[tuple[Bureau, str]], work: Work) -> None:
    """Nothing is disputed that the bureau no longer shows, or whose identity a person must settle first."""
    file = work.find(CreditFile, CreditFile.identity(work.caller.tenant_id, report.owner_id))
    for bureau, ref in chosen:
        tradeline_id = report.tradeline_ids.get(ref)
        if tradeline_id is None:
            raise NotDisputable("it is not settled yet which account this row is; wait until the match was reviewed")
        if file is not None and not file.still_reports(tradeline_id, bureau):
            raise NoLongerReported(
                f"{bureau.display_name}'s newest report no longer shows this tradeline; choose from that report"
            )


def _one_row_each(
    chosen: dict[tuple[Bureau, str], list[Finding]], report: Report
) -> dict[tuple[Bureau, str], list[Finding]]:
    """Of two rows that a bureau has of one tradeline, the one that all the findings chosen are about."""
    kept: dict[tuple[Bureau, UUID], str] = {}
    for bureau, ref in sorted(chosen, key=lambda key: -len(chosen[key])):
        first = kept.setdefault((bureau, report.tradeline_ids[ref]), ref)
        if any(finding not in chosen[bureau, first] for finding in chosen[bureau, ref]):
            raise NotDisputable(
                f"{bureau.display_name} has two rows of this tradeline, and no one of them has all that was chosen;"
                " choose the findings of one of them"
            )
    return {(bureau, ref): found for (bureau, ref), found in chosen.items() if ref in kept.values()}


def _check_new(
    tradeline_id: UUID, bureau: Bureau, round_: int, report: Report, findings: list[Finding], work: Work
) -> None:
    """Nothing is sent again as it was to a bureau that has called it frivolous. Raises `NothingNew`."""
    earlier = Dispute.identity(work.caller.tenant_id, report.owner_id, tradeline_id, bureau, round_ - 1)
    before = work.find(Dispute, earlier) if round_ > 1 else None
    if before is None or before.status is not DisputeStatus.FRIVOLOUS_NOTICED or before.challenge is None:
        return
    if before.report_id == report.id and {f.finding_key for f in findings} <= set(before.challenge.finding_keys):
        raise NothingNew(
            f"{bureau.display_name} has called this challenge frivolous; choose what it has not been told yet,"
            " or import a newer report"
        )


def _finding(report: Report, key: str) -> Finding:
    for finding in report.findings:
        if finding.finding_key == key:
            return finding
    raise Invalid("the report has no finding of this key; list its findings again", finding_key=key)


def next_round(
    work: Work, tenant_id: UUID, consumer_id: UUID, tradeline_id: UUID, bureau: Bureau
) -> tuple[UUID, int]:
    """The id and number of the next dispute of a tradeline at a bureau. Raises `AlreadyDisputed`."""
    round_ = 1
    while True:
        dispute_id = Dispute.identity(tenant_id, consumer_id, tradeline_id, bureau, round_)
        before = work.find(Dispute, dispute_id)
        if before is None:
            return dispute_id, round_
        if before.status not in ENDED:
            raise AlreadyDisputed(
                f"this tradeline is already in dispute at {bureau.display_name}; wait for its outcome or withdraw it",
                dispute_id=str(dispute_id),
            )
        round_ += 1


@handles(WithdrawDispute)
def withdraw_dispute(command: WithdrawDispute, work: Work) -> Answer:
    """Take the challenge back; a letter not yet posted falls with it, and frees its other items."""
    dispute = work.load(Dispute, command.dispute_id)
    letter = work.find(Letter, dispute.letter_id) if dispute.letter_id else None
    dispute.withdraw(work.now)
    if letter is not None and letter.status not in (LetterStatus.SUBMITTED, LetterStatus.VOID):
        void(letter, "an item was withdrawn", work)
    return {"dispute_id": dispute.id, "version": dispute.version}


@handles(RecordReceipt)
def record_receipt(command: RecordReceipt, work: Work) -> Answer:
    """Start the clock from what proves the receipt."""
    dispute = work.load(Dispute, command.dispute_id)
    dispute.record_receipt(command.received_on, command.basis, command.time_zone, command.mailing_id, work.now)
    return {"dispute_id": dispute.id, "version": dispute.version}


@handles(RecordInformationSent)
def record_information_sent(command: RecordInformationSent, work: Work) -> Answer:
    """Reckon with the longer period when the information went out inside the thirty days."""
    dispute = work.load(Dispute, command.dispute_id)
    dispute.send_information(command.sent_on, work.now)
    return {"dispute_id": dispute.id, "version": dispute.version}


@handles(CheckOverdue)
def check_overdue(command: CheckOverdue, work: Work) -> Answer:
    """The timer only asks; the dispute itself knows whether the day has come."""
    dispute = work.load(Dispute, command.dispute_id)
    dispute.check_overdue(work.now)
    return {"dispute_id": dispute.id, "version": dispute.version}


@handles(ReturnDispute)
def return_dispute(command: ReturnDispute, work: Work) -> Answer:
    """No receipt, no clock."""
    dispute = work.load(Dispute, command.dispute_id)
    dispute.return_undelivered(command.mailing_id, work.now)
    return {"dispute_id": dispute.id, "version": dispute.version}


@handles(ConfirmOutcome)
def confirm_outcome(command: ConfirmOutcome, work: Work) -> Answer:
    """Close the dispute with its proposed outcome."""
    dispute = work.load(Dispute, command.dispute_id)
    dispute.confirm(work.caller.actor_id, work.now)
    return {"dispute_id": dispute.id, "version": dispute.version, "outcome": dispute.outcome}


@handles(OverruleOutcome)
def overrule_outcome(command: OverruleOutcome, work: Work) -> Answer:
    """Let the dispute go on as before, with what the carrier told while an outcome was on the table.

    One that was not posted yet goes into a letter.
    """
    dispute = work.load(Dispute, command.dispute_id)
    dispute.overrule(command.reason, work.caller.actor_id, work.now)
    if dispute.status is DisputeStatus.SELECTED:
        draft = DraftLetters(consumer_id=dispute.owner_id, bureau=dispute.bureau, dispute_ids=(dispute.id,))
        work.ask(draft, f"draft-after-all:{dispute.id}:{dispute.version}")
    _catch_up_with_the_post(dispute, work)
    return {"dispute_id": dispute.id, "version": dispute.version}


def _catch_up_with_the_post(dispute: Dispute, work: Work) -> None:
    mailing = work.find(Mailing, dispute.mailing_id) if dispute.mailing_id else None
    if dispute.status is not DisputeStatus.SENT or mailing is None:
        return
    delivered_at = mailing.mail.delivered_at
    if mailing.status is MailingStatus.DELIVERED and delivered_at is not None:
        basis = ReceiptBasis.PROVEN if mailing.proves_delivery else ReceiptBasis.PRESUMED
        dispute.record_receipt(mailing.local_day(delivered_at), basis, mailing.time_zone, mailing.id, work.now)
    elif mailing.status is MailingStatus.RETURNED:
        dispute.return_undelivered(mailing.id, work.now)
