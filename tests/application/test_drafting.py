"""What letters are drafted from, and how an old draft gives way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from application import bureau_addresses
from application.consumers import ChangeProfile
from application.disputes import OpenDisputes, Selection, WithdrawDispute
from application.drafting import DraftLetters, LetterOutdated, RefreshLetter
from application.letters import ApproveLetterAsConsumer, ApproveLetterAsOperator, SignLetter
from application.mailings import RequestMailing, SubmitMailing
from application.ports import NotYet
from application.posting import PostBusy
from application.reports import ImportReport
from domain.address_book import DisputeAddress, dispute_address
from domain.addresses import PostalAddress
from domain.bureaus import Bureau
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Role
from domain.letter_facts import ANNUAL_REPORT_DISPUTE, BUREAU_DISPUTE
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.reports import Report
from domain.tasks import Task, TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, PROFILE, Case
from tests.support.desk import Desk
from tests.support.floor import Fate
from tests.support.scenarios import when
from tests.support.world import World

MOVED = PROFILE.model_copy(update={"address": PROFILE.address.model_copy(update={"line1": "7 New Street"})})

UNPRINTABLE = PROFILE.model_copy(update={"family_name": "de los Angeles Hernandez Villanueva Montenegro"})


@pytest.fixture
def desk() -> Desk:
    return Desk()


def move(desk: Desk, profile: object = MOVED) -> None:
    when(desk.world, ChangeProfile(consumer_id=desk.case.consumer_id, profile=profile), Role.OPERATOR)  # type: ignore[arg-type]


def test_a_changed_profile_drafts_every_letter_that_is_not_posted_anew() -> None:
    case = Case(World())
    case.open(case.import_report(FIRST_PULL), "22")
    case.sign_all()
    when(case.world, ChangeProfile(consumer_id=case.consumer_id, profile=MOVED), Role.OPERATOR)
    case.world.settle()
    now = [x for x in case.world.all(Letter) if x.status is not LetterStatus.VOID]
    assert [x.status for x in now] == [LetterStatus.DRAFT] * 3
    assert {x.drafted.sender.address.line1 for x in now if x.drafted} == {"7 New Street"}


def test_what_no_letter_shows_may_change_freely(desk: Desk) -> None:
    move(desk, PROFILE.model_copy(update={"email": "other@example.com"}))
    desk.floor.settle()
    assert desk.letter.status is LetterStatus.RENDERED


def test_nobody_signs_an_old_address() -> None:
    case = Case(World())
    case.open(case.import_report(FIRST_PULL), "22")
    letter = case.world.all(Letter)[0]
    when(case.world, ChangeProfile(consumer_id=case.consumer_id, profile=MOVED), Role.OPERATOR)
    command = SignLetter(letter_id=letter.id, signature_name=PROFILE.full_name, attestation_version="truth-2026-11")
    with pytest.raises(LetterOutdated):
        case.as_consumer(command)
    assert case.world.get(Letter, letter.id).status is LetterStatus.VOID


@pytest.mark.parametrize("by_consumer", [True, False])
def test_nobody_approves_an_old_address(desk: Desk, by_consumer: bool) -> None:
    assert desk.letter.pdf is not None
    sha256 = desk.letter.pdf.sha256
    approve = ApproveLetterAsConsumer(
        letter_id=desk.letter_id, pdf_sha256=sha256, attestation_version="truth-2026-11"
    )
    if not by_consumer:
        desk.case.as_consumer(approve)
    move(desk)
    release = approve if by_consumer else ApproveLetterAsOperator(letter_id=desk.letter_id, pdf_sha256=sha256)
    role = Role.CONSUMER if by_consumer else Role.OPERATOR
    with pytest.raises(LetterOutdated) as refusal:
        when(desk.world, release, role, desk.case.consumer_id if by_consumer else None)
    assert (refusal.value.code, desk.letter.status) == ("letter_outdated", LetterStatus.VOID)


def test_an_approved_letter_with_an_old_address_is_not_requested(desk: Desk) -> None:
    desk.approve()
    move(desk)
    when(desk.world, RequestMailing(letter_id=desk.letter_id))
    assert (desk.letter.status, desk.world.all(Mailing)) == (LetterStatus.VOID, [])


@pytest.mark.parametrize("refused_before", [False, True])
def test_a_piece_with_an_old_address_is_not_handed_over(desk: Desk, refused_before: bool) -> None:
    desk.ready()
    if refused_before:
        desk.world.post.script = [(PostBusy(1), False)]
        with pytest.raises(NotYet):
            when(desk.world, SubmitMailing(mailing_id=desk.mailing.id))
        assert desk.letter.status is LetterStatus.SUBMITTED
    submitted = desk.world.post.submissions
    move(desk)
    when(desk.world, SubmitMailing(mailing_id=desk.mailing.id))
    assert (desk.mailing.status, desk.letter.status) == (MailingStatus.CANCELLED, LetterStatus.VOID)
    desk.floor.settle()
    assert desk.world.post.submissions == submitted
    assert {d.status for d in desk.disputes} == {DisputeStatus.DRAFTED}


def test_a_bureau_that_has_moved_gets_a_new_draft(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = PostalAddress(line1="P.O. Box 1", city="Plano", state="TX", zip_code="75024")

    def moved(bureau: Bureau, on: date) -> DisputeAddress:
        return dispute_address(bureau, on).model_copy(update={"address": elsewhere})

    monkeypatch.setattr(bureau_addresses, "dispute_address", moved)
    when(desk.world, RefreshLetter(letter_id=desk.letter_id))
    desk.floor.settle()
    (new,) = (x for x in desk.world.all(Letter) if x.bureau is desk.letter.bureau and x.status is LetterStatus.DRAFT)
    assert new.drafted is not None
    assert new.drafted.recipient.address == elsewhere


def test_a_profile_no_letter_can_carry_becomes_a_task(desk: Desk) -> None:
    move(desk, UNPRINTABLE)
    desk.floor.settle()
    assert desk.letter.status is LetterStatus.VOID
    refused = [t for t in desk.world.all(Task) if t.kind is TaskKind.LETTER_REFUSED]
    assert desk.letter.dispute_ids[0] in {t.about_id for t in refused}
    assert desk.floor.buried == {}
    assert desk.statuses == {DisputeStatus.SELECTED}
    move(desk)
    desk.floor.settle()
    assert desk.statuses == {DisputeStatus.DRAFTED}


def refused_with_the_tasks_to_come(desk: Desk) -> list[tuple[UUID, str]]:
    """No letter can be drafted; the jobs that ask an operator to look are left for later."""
    move(desk, UNPRINTABLE)
    while now := [key for key in desk.floor.due() if "not_drafted" not in key[1]]:
        desk.floor.carry_out(now[0])
    return desk.floor.due()


@pytest.mark.parametrize("ended_by", ["drafted", "withdrawn"])
def test_a_task_that_comes_late_asks_nobody_about_an_item_that_is_drafted_or_withdrawn(
    desk: Desk, ended_by: str
) -> None:
    late = refused_with_the_tasks_to_come(desk)
    assert late
    if ended_by == "drafted":
        move(desk)
    else:
        for dispute in desk.world.all(Dispute):
            when(desk.world, WithdrawDispute(dispute_id=dispute.id), Role.OPERATOR)
    while now := [key for key in desk.floor.due() if key not in late]:
        desk.floor.carry_out(now[0])
    desk.floor.settle()
    refused = [t for t in desk.world.all(Task) if t.kind is TaskKind.LETTER_REFUSED]
    assert len(refused) == len(late)
    assert {t.status for t in refused} == {TaskStatus.DONE}


def test_query_tables_that_lag_leave_no_task_open_about_items_that_are_drafted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(desk, UNPRINTABLE)
    desk.floor.settle()
    asked = [t.id for t in desk.world.all(Task) if t.kind is TaskKind.LETTER_REFUSED]
    assert asked
    move(desk)
    assert desk.floor.carry_out(desk.job("refresh_letters")) is Fate.DONE
    desk.world.reads.lagging = True
    with monkeypatch.context() as behind:
        behind.setattr(desk.world.reads, "tasks_about", lambda tenant_id, about, kind: [])
        for key in desk.floor.due():
            desk.floor.carry_out(key)
    assert desk.statuses == {DisputeStatus.DRAFTED}
    desk.world.reads.lagging = False
    desk.floor.settle()
    assert {desk.world.get(Task, task_id).status for task_id in asked} == {TaskStatus.DONE}


@pytest.mark.parametrize("days", [0, 9, 45])
def test_a_letter_carries_the_day_on_which_it_is_printed(days: int) -> None:
    case = Case(World())
    case.open(case.import_report(FIRST_PULL), "22")
    evening = datetime.combine(date(2026, 1, 5) + timedelta(days=days), time(19, 30), ZoneInfo("America/Boise"))
    case.world.clock.advance(case.world.tenant_id, evening)
    for letter in case.sign_all():
        assert letter.pdf is not None
        assert letter.letter_date == evening.date()
        printed = case.world.store.objects[case.world.tenant_id, case.consumer_id, letter.pdf.object_key]
        assert f'"letter_date":"{evening.date()}"'.encode() in printed


def test_a_letter_printed_again_carries_the_new_day() -> None:
    desk = Desk().ready()
    desk.pass_time(timedelta(days=31))
    desk.submit()
    desk.floor.settle()
    assert (desk.letter.status, desk.letter.letter_date) == (LetterStatus.RENDERED, date(2026, 2, 5))


def test_a_report_of_a_place_where_it_is_tomorrow_is_waited_for() -> None:
    case = Case(World())
    case.world.reader.reports[b"east"] = FIRST_PULL.model_copy(update={"pulled_on": date(2026, 1, 6)})
    made = case.as_consumer(ImportReport(consumer_id=case.consumer_id, content=b"east"))
    case.open(case.world.get(Report, made["report_id"]), "22")  # type: ignore[arg-type]
    assert {x.status for x in case.sign_all()} == {LetterStatus.SIGNED}
    case.world.clock.advance(
        case.world.tenant_id, datetime.combine(date(2026, 1, 6), time.min, ZoneInfo("America/Los_Angeles"))
    )
    case.world.settle()
    assert {x.letter_date for x in case.world.all(Letter)} == {date(2026, 1, 6)}


def test_a_letter_about_a_free_annual_copy_is_of_its_own_type() -> None:
    case = Case(World())
    opened = case.open(case.import_report(FIRST_PULL, free_annual=True), "22")
    assert {dispute.letter_type for dispute in opened} == {ANNUAL_REPORT_DISPUTE}
    letters = case.world.all(Letter)
    assert {(letter.letter_type, letter.template_version) for letter in letters} == {(ANNUAL_REPORT_DISPUTE, 1)}
    assert all(letter.drafted and letter.drafted.report.free_annual for letter in letters)


def test_items_chosen_before_a_copy_was_said_to_be_free_stand_in_a_letter_of_their_own() -> None:
    case = Case(World())
    case.world.reader.reports[b"{}"] = FIRST_PULL
    for group, free_annual in (("22", False), ("23", True)):
        bring = ImportReport(consumer_id=case.consumer_id, content=b"{}", free_annual=free_annual)
        pulled = case.world.get(Report, case.as_consumer(bring)["report_id"])  # type: ignore[arg-type]
        found = [f.finding_key for f in pulled.findings if f.group == group and f.reason is not None]
        selections = tuple(Selection(finding_key=key) for key in found)
        case.as_consumer(OpenDisputes(consumer_id=case.consumer_id, report_id=pulled.id, selections=selections))
    chosen = tuple(dispute.id for dispute in case.world.all(Dispute) if dispute.bureau is Bureau.EQUIFAX)
    draft = DraftLetters(consumer_id=case.consumer_id, bureau=Bureau.EQUIFAX, dispute_ids=chosen)
    when(case.world, draft, Role.OPERATOR)
    letters = {letter.letter_type: len(letter.dispute_ids) for letter in case.world.all(Letter)}
    assert letters == {BUREAU_DISPUTE: 1, ANNUAL_REPORT_DISPUTE: 1}
