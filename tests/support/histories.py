"""One history of every kind of thing, in which every event of the domain happens at least once.

Ids, instants and words are always the same, so that two runs make the same streams. The person is invented.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import UUID

from application.challenges import challenge_of
from domain.address_book import dispute_address
from domain.bureau_addresses import BureauAddress
from domain.bureaus import Bureau
from domain.comparisons import Comparison
from domain.consumers import ConsentKind, Consumer, DocumentKind, ErasureReason, KycStatus
from domain.credit_files import CreditFile
from domain.deadlines import ReceiptBasis
from domain.disputes import Dispute, DisputeStatus
from domain.findings import DETECTORS, ConsumerProfile, detect
from domain.frivolous_notices import FrivolousNotice
from domain.kernel import Aggregate, Event
from domain.letter_facts import BUREAU_DISPUTE, Recipient, ReportReference, Sender
from domain.letters import Draft, Letter, RenderedPdf
from domain.local_days import LocalDay
from domain.mailings import LOST_AFTER, RESEND_WALL, Mailing, Service
from domain.notifications import Notification, NotificationKind
from domain.reconciliation import FieldChange, Outcome
from domain.reports import Report
from domain.tasks import Task, TaskKind
from domain.tenants import Approvals
from domain.tracking import ScanKind, TrackingScan
from tests.support.access_histories import (
    ACTOR_ID,
    ADDRESS,
    BUREAU,
    CONSUMER_ID,
    DAY,
    NOON,
    SHA,
    TENANT_ID,
    api_key,
    at,
    tenant,
    uid,
    user,
    webhook_endpoint,
)
from tests.support.cases import FIRST_PULL, PROFILE, everywhere, row
from tests.support.cases import report as pull
from tests.support.connection_histories import connections


def consumer(*, erased: bool = False) -> Consumer:
    """The person; their erasure is a history of its own, for it ends every other."""
    made = Consumer.register(uid("forgotten consumer") if erased else CONSUMER_ID, NOON, PROFILE)
    made.change_profile(PROFILE.model_copy(update={"phone": "+1 208 555 0100"}), at(1))
    for kind in ConsentKind:
        made.give_consent(kind, text_version="2026-11", text_sha256=SHA, ip="192.0.2.7", at=at(2))
    made.withdraw_consent(ConsentKind.SERVICE_TERMS, at(3))
    made.decide_kyc(KycStatus.VERIFIED, "passport seen", at(4))
    made.add_document(
        uid("document"), DocumentKind.GOVERNMENT_ID, sha256=SHA, object_key="documents/1", media_type="image/png",
        at=at(5),
    )  # fmt: skip
    made.stand_as_sender(uid("mailing"), 1, at(6))
    if erased:
        made.erase(ErasureReason.ASKED_BY_CONSUMER, at(6))
        made.note_forgotten(at(7))
    return made


UNSURE_PULL = pull(
    date(2026, 2, 1),
    everywhere("21"),
    everywhere("22", past_due=8_000),
    everywhere("23", past_due=150_000),
    (row(Bureau.EQUIFAX, "24"), row(Bureau.TRANSUNION, "24")),
    (row(Bureau.EXPERIAN, "34"),),
)
"""A later pull in which one row may be an account known before, under another number."""


def credit_file() -> CreditFile:
    """Two pulls, matched; whose a row of the second is, an operator had to say."""
    made = CreditFile.open(CreditFile.identity(TENANT_ID, CONSUMER_ID), NOON, CONSUMER_ID)
    first_ids = made.match_pull(uid("report"), FIRST_PULL, NOON).tradeline_ids
    ids = made.match_pull(uid("unsure report"), UNSURE_PULL, at(24 * 27)).tradeline_ids
    choice = first_ids["experian-24"]
    made.settle_match(uid("unsure report"), UNSURE_PULL, ids, "experian-34", choice, ACTOR_ID, at(24 * 28))
    return made


def report() -> Report:
    """A report that was read and searched."""
    made = _archived("report")
    matched = CreditFile.open(CreditFile.identity(TENANT_ID, CONSUMER_ID), NOON, CONSUMER_ID).match_pull(
        uid("report"), FIRST_PULL, NOON
    )
    made.parse(
        FIRST_PULL, tradeline_ids=matched.tradeline_ids, in_review=matched.in_review, gates=matched.gates, at=at(1)
    )
    found = detect(FIRST_PULL, date(2026, 1, 5), ConsumerProfile.of(PROFILE))
    made.note_findings(tuple(found), {d.id: d.version for d in DETECTORS.values()}, date(2026, 1, 5), at(1))
    return made


def unsure_report() -> Report:
    """A report of which an operator had to say whose a row is."""
    made = _archived("unsure report")
    file = CreditFile.open(CreditFile.identity(TENANT_ID, CONSUMER_ID), NOON, CONSUMER_ID)
    first_ids = file.match_pull(uid("report"), FIRST_PULL, NOON).tradeline_ids
    matched = file.match_pull(made.id, UNSURE_PULL, at(24 * 27))
    made.parse(
        UNSURE_PULL, tradeline_ids=matched.tradeline_ids, in_review=matched.in_review, gates=matched.gates,
        at=at(24 * 27),
    )  # fmt: skip
    found = detect(UNSURE_PULL, date(2026, 2, 1), ConsumerProfile.of(PROFILE))
    made.note_findings(tuple(found), {d.id: d.version for d in DETECTORS.values()}, date(2026, 2, 1), at(24 * 27))
    made.settle_match({"experian-34": first_ids["experian-24"]}, (), ACTOR_ID, at(24 * 28))
    return made


def refused_report() -> Report:
    """A free copy from the centralized source that could not be read."""
    made = _archived("broken report")
    made.note_free_annual(ACTOR_ID, NOON)
    made.refuse("/TrueLinkCreditReportType", "this is no report we know", at(1))
    return made


def _archived(what: str) -> Report:
    return Report.archive(
        uid(what), NOON, consumer_id=CONSUMER_ID, sha256=SHA, size_bytes=4711, media_type="application/json",
        object_key=f"reports/{uid(what)}.json",
    )  # fmt: skip


def dispute(what: str = "dispute", letter_type: str = BUREAU_DISPUTE) -> Dispute:
    """A dispute that has just been opened."""
    source = report()
    finding = next(f for f in source.findings if f.group == "22" and f.reason and BUREAU in f.bureaus)
    rows = [row for row in FIRST_PULL.rows() if row.group == "22"]
    row = next(row for row in rows if row.bureau is BUREAU)
    return Dispute.open(
        uid(what), NOON, consumer_id=CONSUMER_ID, tradeline_id=source.tradeline_ids[row.ref], bureau=BUREAU, round_=1,
        report_id=source.id, letter_type=letter_type, selection_id=uid("selection"),
        drafted_with=(uid(what),), challenge=challenge_of(row, [finding], rows),
    )  # fmt: skip


def posted_dispute(what: str = "dispute", letter_type: str = BUREAU_DISPUTE) -> Dispute:
    """A dispute whose letter is with the post."""
    made = dispute(what, letter_type)
    made.note_letter(uid("letter"), at(1))
    made.await_approval(uid("letter"), DisputeStatus.AWAITING_CONSUMER_APPROVAL, SHA, at(2))
    made.approve(uid("letter"), SHA, at(3))
    made.post(uid("mailing"), at(4))
    return made


def received_dispute(what: str = "dispute", letter_type: str = BUREAU_DISPUTE) -> Dispute:
    """A dispute whose clock runs: received on 9 January 2026."""
    made = posted_dispute(what, letter_type)
    made.record_receipt(date(2026, 1, 9), ReceiptBasis.PROVEN, "America/Chicago", uid("mailing"), at(100))
    return made


def comparison(report_name: str, outcome: Outcome | None, rule: str = "C06", *, shown: bool = True) -> Comparison:
    """What a later report was found to show."""
    return Comparison(
        report_id=uid(report_name), compared_with_report_id=uid("report"), rule=rule, outcome=outcome, shown=shown,
        steady=True, changes=(FieldChange(field="past_due", before="8000", after="0" if shown else None),),
    )  # fmt: skip


def evaluate(made: Dispute, report_name: str = "next report", outcome: Outcome = Outcome.CORRECTED) -> None:
    """A later report proposes an outcome."""
    made.evaluate(comparison(report_name, outcome, shown=outcome is not Outcome.DELETED), at(500))


NOTICE = FrivolousNotice(
    noticed_on=date(2026, 2, 26), determined_on=date(2026, 2, 13), reasons="it cannot be told which account is meant",
    needed="the account's number",
)  # fmt: skip
"""A notice that came three days late: 16 February is a holiday."""


def disputes() -> list[Dispute]:
    """Dropped, refused by the post, overdue, extended, overruled, closed; withdrawn; returned; deleted and back; called
    frivolous."""
    closed = dispute()
    closed.note_letter(uid("first letter"), at(1))
    closed.drop_letter(uid("first letter"), at(2))
    closed.note_letter(uid("letter"), at(3))
    closed.await_approval(uid("letter"), DisputeStatus.AWAITING_CONSUMER_APPROVAL, SHA, at(4))
    closed.approve(uid("letter"), SHA, at(5))
    closed.post(uid("first mailing"), at(6))
    closed.note_posting_failed(uid("first mailing"), at(7))
    closed.post(uid("mailing"), at(8))
    closed.record_receipt(date(2026, 1, 9), ReceiptBasis.PROVEN, "America/Chicago", uid("mailing"), at(100))
    closed.consider_report(comparison("thin report", Outcome.INDETERMINATE, "C01"), at(200))
    evaluate(closed, "doubtful report", Outcome.UPDATED_OTHER)
    closed.overrule("the change has nothing to do with us", ACTOR_ID, at(510))
    closed.check_overdue(datetime(2026, 2, 24, 12, tzinfo=UTC))
    closed.send_information(date(2026, 1, 20), datetime(2026, 2, 24, 13, tzinfo=UTC))
    evaluate(closed)
    closed.confirm(ACTOR_ID, at(1300))
    withdrawn = dispute("withdrawn dispute")
    withdrawn.withdraw(at(1))
    returned = posted_dispute("returned dispute")
    returned.return_undelivered(uid("mailing"), at(300))
    refused = received_dispute("frivolous dispute")
    refused.check_overdue(datetime(2026, 2, 26, 12, tzinfo=UTC))
    refused.note_frivolous(NOTICE, ACTOR_ID, datetime(2026, 2, 27, 12, tzinfo=UTC))
    back = received_dispute("reinserted dispute")
    evaluate(back, "doubtful report", Outcome.UPDATED_OTHER)
    for number, outcome in enumerate((*[Outcome.DELETED] * 3, Outcome.REINSERTED)):
        shown = outcome is Outcome.REINSERTED
        found = comparison(f"report {number}", outcome, "C12" if shown else "C04", shown=shown)
        back.take_report(found, ACTOR_ID, at(600 + 24 * number))
    return [closed, withdrawn, returned, back, refused]


def letter(what: str = "letter", approvals: Approvals = Approvals.CONSUMER_AND_OPERATOR) -> Letter:
    """A letter as drafted."""
    challenge = dispute().challenge
    assert challenge is not None
    return Letter.open(
        uid(what), NOON, consumer_id=CONSUMER_ID, bureau=BUREAU, letter_type="bureau_dispute_611", template_version=1,
        dispute_ids=(uid("dispute"),), letter_date=NOON.date(), approvals=approvals,
        draft=Draft(
            sender=Sender(
                name=PROFILE.full_name, address=PROFILE.address, birth_date=PROFILE.birth_date,
                ssn_last4=PROFILE.ssn_last4,
            ),
            recipient=Recipient.from_book(BUREAU, NOON.date()),
            report=ReportReference(dated=FIRST_PULL.pulled_on),
            items=(challenge.item,),
            tenant_kind="consumer_direct",
        ),
    )  # fmt: skip


def pdf(letter_id: UUID, sha256: str = SHA) -> RenderedPdf:
    """What a print left behind."""
    return RenderedPdf(
        sha256=sha256, object_key=f"letters/{letter_id}/{sha256}.pdf", pages=2, size_bytes=30_000, engine={"fake": "1"}
    )


def approved_letter(what: str = "letter") -> Letter:
    """A letter whose bytes both have released, at hour 6."""
    made = letter(what)
    made.sign(PROFILE.full_name, "truth-2026-11", "192.0.2.7", at(1))
    made.note_render(pdf(made.id), DAY, at(2))
    made.approve_as_consumer(SHA, "truth-2026-11", CONSUMER_ID, "192.0.2.7", at(5))
    made.approve_as_operator(SHA, ACTOR_ID, at(6))
    return made


def letters() -> list[Letter]:
    """Refused, printed, expired, approved again, submitted, sent back; voided."""
    made = letter()
    made.sign(PROFILE.full_name, "truth-2026-11", "192.0.2.7", at(1))
    made.refuse_render(("L01",), at(2))
    made.note_render(pdf(made.id), DAY, at(3))
    made.approve_as_consumer(SHA, "truth-2026-11", CONSUMER_ID, "192.0.2.7", at(4))
    made.expire_approvals(at(24 * 31 + 5))
    made.note_render(pdf(made.id), LocalDay(on=date(2026, 2, 5)), at(24 * 31 + 6))
    made.approve_as_consumer(SHA, "truth-2026-11", CONSUMER_ID, "192.0.2.7", at(24 * 31 + 7))
    made.approve_as_operator(SHA, ACTOR_ID, at(24 * 31 + 8))
    made.submit(uid("mailing"), at(24 * 31 + 9))
    made.note_submission_failed(uid("mailing"), at(24 * 31 + 10))
    voided = letter("voided letter")
    voided.void("written by mistake", at(1))
    return [made, voided]


def mailing(what: str = "mailing") -> Mailing:
    """A piece asked for."""
    return Mailing.request(
        uid(what), NOON, consumer_id=CONSUMER_ID, letter_id=uid("letter"), dispute_ids=(uid("dispute"),),
        bureau=BUREAU, service=Service.CERTIFIED, pdf_sha256=SHA, object_key="letters/1.pdf", to_name="Experian",
        to=ADDRESS, time_zone="America/Chicago", sender_name=PROFILE.full_name, sender=PROFILE.address,
    )  # fmt: skip


def ready_mailing(what: str = "mailing") -> Mailing:
    """A piece between two good addresses."""
    made = mailing(what)
    made.verify_addresses("deliverable", "deliverable", at(1))
    return made


def accepted_mailing(what: str = "mailing") -> Mailing:
    """A piece that the provider holds since hour 3."""
    made = ready_mailing(what)
    made.intend(SHA, at(2))
    made.accept("ltr_0001", "92071902358909000011275538", date(2026, 1, 9), found=False, at=at(3))
    return made


def scan(kind: ScanKind, hours: float) -> TrackingScan:
    """The carrier saw the piece so many hours after the history began."""
    return TrackingScan(id=f"evnt_{kind.value}_{hours:g}", kind=kind, occurred_at=at(hours), provider_event=kind.value)


def mailings() -> list[Mailing]:
    """Busy, unknown, found and delivered; refused; rejected; lost and returned after all; cancelled; given up."""
    delivered = ready_mailing()
    delivered.intend(SHA, at(2))
    delivered.find_unsent(at(2), provider_busy=True)
    delivered.intend(SHA, at(3))
    delivered.note_unknown("timeout", at(3))
    delivered.accept("ltr_0001", "92071902358909000011275538", date(2026, 1, 9), found=True, at=at(4))
    delivered.note_duplicate("ltr_0002", cancelled=True, at=at(4))
    delivered.scan(scan(ScanKind.MAILED, 24), at(25))
    delivered.scan(scan(ScanKind.DELIVERED, 96), at(97))
    refused = mailing("refused mailing")
    refused.verify_addresses("undeliverable", "deliverable", at(1))
    rejected = ready_mailing("rejected mailing")
    rejected.intend(SHA, at(2))
    rejected.reject("failed_deliverability_strictness", "address", at(2))
    lost = accepted_mailing("lost mailing")
    lost.check_lost(at(3) + LOST_AFTER)
    lost.scan(scan(ScanKind.RETURNED, 600), at(601))
    cancelled = ready_mailing("cancelled mailing")
    cancelled.cancel("the letter was voided", at(2))
    unresolved = ready_mailing("unresolved mailing")
    unresolved.intend(SHA, at(2))
    unresolved.note_unknown("timeout", at(2))
    unresolved.note_look_refused("invalid_api_key", at(3))
    unresolved.ask_retry("the provider's own pages do not show it", ACTOR_ID, at(2) + RESEND_WALL)
    unresolved.declare_unsent(at(2) + RESEND_WALL)
    return [delivered, refused, rejected, lost, cancelled, unresolved]


def task() -> Task:
    """A task done."""
    made = Task.open(
        uid("task"), NOON, kind=TaskKind.APPROVE_LETTER, consumer_id=CONSUMER_ID, about_id=uid("letter"),
        due_on=date(2026, 1, 12),
    )  # fmt: skip
    made.complete(ACTOR_ID, "looked at it", at(1))
    return made


def spared_task() -> Task:
    """A task that nobody had to look at any more."""
    return Task.spare(uid("spared task"), at(1), kind=TaskKind.CONFIRM_OUTCOME, about_id=uid("spared"))


def notification() -> Notification:
    """A message read."""
    made = Notification.queue(
        uid("notification"), NOON, kind=NotificationKind.LETTER_TO_SIGN, consumer_id=CONSUMER_ID, about_id=uid("letter")
    )
    made.read(at(1))
    return made


def bureau_address() -> BureauAddress:
    """A bureau's address read again at its source, after the book's makers read it."""
    made = BureauAddress.open(BureauAddress.identity(TENANT_ID, BUREAU), NOON, BUREAU)
    entry = dispute_address(BUREAU, date(2027, 1, 4))
    made.verify(entry, entry.address, ACTOR_ID, datetime(2027, 1, 4, 12, tzinfo=UTC))
    return made


def everything() -> list[Aggregate]:
    """All of it, each with its events still pending."""
    return [
        tenant(), user(), consumer(), consumer(erased=True), credit_file(), report(), unsure_report(),
        refused_report(), *disputes(), *letters(), *mailings(), task(), spared_task(), notification(),
        api_key(), webhook_endpoint(), bureau_address(), *connections(),
    ]  # fmt: skip


def events(things: Iterable[Aggregate] | None = None) -> list[Event]:
    """The events of these things, or of everything."""
    chosen = everything() if things is None else things
    return [event for thing in chosen for event in thing.pending_events if isinstance(event, Event)]


def first(kind: type[Event]) -> Event:
    """The first event of a kind."""
    return next(event for event in events() if type(event) is kind)
