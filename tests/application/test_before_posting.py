"""A newer report shows that there is nothing left to write about, before the letter is with the post."""

from __future__ import annotations

from datetime import date

import pytest

from application.disputes import ConfirmOutcome, OverruleOutcome
from application.letters import ApproveLetterAsConsumer, ApproveLetterAsOperator
from domain.credit_reports import CanonicalReport
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Role
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.reconciliation import Outcome
from tests.support.cases import FIRST_PULL, Case, everywhere, report
from tests.support.world import World


def left_out(*groups: str) -> CanonicalReport:
    """A later pull without these accounts."""
    rows = {"21": everywhere("21"), "22": everywhere("22", past_due=8_000), "23": everywhere("23", past_due=150_000)}
    return report(date(2026, 1, 7), *(rows[group] for group in rows if group not in groups), everywhere("24"))


@pytest.fixture
def drafted() -> Case:
    """Two accounts in letters that the consumer has approved, one letter for each bureau; nothing is posted."""
    case = Case(World())
    case.open(case.import_report(FIRST_PULL), "22", "23")
    case.sign_all()
    for letter in case.world.all(Letter):
        assert letter.pdf is not None
        approve = ApproveLetterAsConsumer(
            letter_id=letter.id, pdf_sha256=letter.pdf.sha256, attestation_version="truth-2026-11"
        )
        case.as_consumer(approve)
    case.world.settle()
    return case


def bring(case: Case, pull: CanonicalReport) -> dict[str, set[DisputeStatus]]:
    case.import_report(pull)
    case.world.settle()
    assert not case.world.failed
    found: dict[str, set[DisputeStatus]] = {}
    for dispute in case.world.all(Dispute):
        assert dispute.challenge is not None
        found.setdefault(str(dispute.challenge.item.account_masked), set()).add(dispute.status)
    return found


def test_what_a_newer_report_does_not_show_is_not_written_about(drafted: Case) -> None:
    statuses = bring(drafted, left_out("22"))
    assert statuses == {"****2211": {DisputeStatus.EVALUATED}, "****2311": {DisputeStatus.DRAFTED}}
    gone = [d for d in drafted.world.all(Dispute) if d.status is DisputeStatus.EVALUATED]
    assert {(d.outcome, d.letter_id) for d in gone} == {(Outcome.MOOT, None)}
    now = [letter for letter in drafted.world.all(Letter) if letter.status is not LetterStatus.VOID]
    assert [letter.status for letter in now] == [LetterStatus.DRAFT] * 3
    assert {dispute_id for letter in now for dispute_id in letter.dispute_ids}.isdisjoint(d.id for d in gone)
    for dispute in gone:
        drafted.world.when(ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR)
    drafted.world.settle()
    assert {drafted.world.get(Dispute, d.id).status for d in gone} == {DisputeStatus.CLOSED}
    assert drafted.world.post.pieces == {}


def test_an_operator_who_knows_better_has_it_written_about_all_the_same(drafted: Case) -> None:
    bring(drafted, left_out("22"))
    moot = [dispute for dispute in drafted.world.all(Dispute) if dispute.outcome is Outcome.MOOT]
    assert len(moot) == 3
    for dispute in moot:
        drafted.world.when(OverruleOutcome(dispute_id=dispute.id, reason="left out by mistake"), Role.OPERATOR)
    drafted.world.settle()
    assert {dispute.status for dispute in drafted.world.all(Dispute)} == {DisputeStatus.DRAFTED}


def test_what_was_put_right_before_it_was_posted_is_not_written_about() -> None:
    case = Case(World())
    case.open(case.import_report(FIRST_PULL), "22")
    right = report(date(2026, 1, 7), everywhere("21"), everywhere("22", past_due=0), everywhere("23"), everywhere("24"))
    assert bring(case, right) == {"****2211": {DisputeStatus.EVALUATED}}
    assert {dispute.outcome for dispute in case.world.all(Dispute)} == {Outcome.MOOT}


def test_a_thin_report_or_one_that_still_shows_it_stops_no_letter(drafted: Case) -> None:
    waits = {DisputeStatus.AWAITING_OPERATOR_APPROVAL}
    thin = report(date(2026, 1, 7), everywhere("21"))
    assert bring(drafted, thin) == {"****2211": waits, "****2311": waits}
    assert bring(drafted, left_out()) == {"****2211": waits, "****2311": waits}
    assert {letter.status for letter in drafted.world.all(Letter)} == {LetterStatus.CONSUMER_APPROVED}


def test_a_piece_that_waits_for_the_post_is_stopped(drafted: Case) -> None:
    world = drafted.world
    for letter in world.all(Letter):
        assert letter.pdf is not None
        world.when(ApproveLetterAsOperator(letter_id=letter.id, pdf_sha256=letter.pdf.sha256), Role.OPERATOR)
    world.pick = lambda due: [(key, job) for key, job in due if b"SubmitMailing" not in job.command] or due
    assert bring(drafted, left_out("22"))["****2211"] == {DisputeStatus.EVALUATED}
    assert world.post.pieces == {}
    assert {mailing.status for mailing in world.all(Mailing)} == {MailingStatus.CANCELLED}


def test_an_older_pull_brought_after_a_newer_one_stops_no_letter(drafted: Case) -> None:
    bring(drafted, left_out().model_copy(update={"pulled_on": date(2026, 1, 8)}))
    waits = {DisputeStatus.AWAITING_OPERATOR_APPROVAL}
    assert bring(drafted, left_out("22")) == {"****2211": waits, "****2311": waits}
    assert {letter.status for letter in drafted.world.all(Letter)} == {LetterStatus.CONSUMER_APPROVED}
