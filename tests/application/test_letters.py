"""Drafting, signing, printing and releasing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from application.consents import UnknownText
from application.consumers import ChangeProfile, GiveConsent, RegisterConsumer
from application.disputes import WithdrawDispute
from application.drafting import DraftLetters, NotForALetter, sender_of
from application.letters import (
    ApproveLetterAsConsumer,
    ApproveLetterAsOperator,
    RenderLetter,
    SignLetter,
    VoidLetter,
)
from domain.bureaus import Bureau
from domain.consumers import ConsentKind
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import NotFound, Role
from domain.letters import ApprovalExpired, Letter, LetterStatus
from domain.tasks import Task, TaskKind
from domain.tenants import Approvals
from tests.support.cases import FIRST_PULL, PROFILE, Case
from tests.support.scenarios import when
from tests.support.world import World


@pytest.fixture
def case() -> Case:
    made = Case(World())
    made.open(made.import_report(FIRST_PULL), "22", "23")
    return made


def letter_of(case: Case) -> Letter:
    return case.world.all(Letter)[0]


@pytest.mark.parametrize(
    ("given", "middle", "family", "suffix", "written"),
    [
        ("Maria", "Elena", "Calloway", "Jr.", "Maria Elena Calloway Jr."),
        ("Maria Guadalupe", "Fernandez", "de la Cruz Ortega", None, "Maria Guadalupe F. de la Cruz Ortega"),
        ("Maria Guadalupe", "Fernandez", "de la Cruz Montenegro", "Jr", "Maria Guadalupe de la Cruz Montenegro Jr"),
        ("Maria Guadalupe", None, "de la Cruz Montenegro", "", "Maria Guadalupe de la Cruz Montenegro"),
    ],
)
def test_a_letter_carries_the_fullest_form_of_the_name_that_an_envelope_takes(
    given: str, middle: str | None, family: str, suffix: str | None, written: str
) -> None:
    parts = {"given_name": given, "middle_name": middle, "family_name": family, "suffix": suffix}
    sender = sender_of(PROFILE.model_copy(update=parts))
    assert sender.full_name == written
    assert len(written) <= 40


@pytest.mark.parametrize("family", ["de los Angeles Hernandez Villanueva Montenegro", "Ortega\x07"])
def test_a_name_no_letter_can_carry_is_refused_when_disputes_are_opened(family: str) -> None:
    case = Case(World())
    pulled = case.import_report(FIRST_PULL)
    profile = PROFILE.model_copy(update={"family_name": family})
    when(case.world, ChangeProfile(consumer_id=case.consumer_id, profile=profile), Role.OPERATOR)
    with pytest.raises(NotForALetter) as refusal:
        case.open(pulled, "22")
    assert family not in str(refusal.value)
    assert case.world.all(Dispute) == []


def test_drafting_again_leaves_items_in_their_letters(case: Case) -> None:
    disputes = tuple(d.id for d in case.world.all(Dispute) if d.bureau is Bureau.EXPERIAN)
    command = DraftLetters(consumer_id=case.consumer_id, bureau=Bureau.EXPERIAN, dispute_ids=disputes)
    assert when(case.world, command).kinds == []


def test_freed_items_go_into_a_new_letter_numbered_from_one(case: Case) -> None:
    old = letter_of(case)
    when(case.world, VoidLetter(letter_id=old.id, reason="again"), Role.OPERATOR)
    command = DraftLetters(consumer_id=case.consumer_id, bureau=old.bureau, dispute_ids=old.dispute_ids)
    then = when(case.world, command)
    assert then.kinds.count(Letter.Drafted) == 1
    new = case.world.get(Letter, then.answer["letter_ids"][0])
    assert new.drafted is not None
    assert [item.number for item in new.drafted.items] == [1, 2]


def test_a_letter_taken_back_is_drafted_anew_from_the_profile_of_now(case: Case) -> None:
    old = letter_of(case)
    moved = PROFILE.model_copy(update={"address": PROFILE.address.model_copy(update={"line1": "7 New Street"})})
    when(case.world, ChangeProfile(consumer_id=case.consumer_id, profile=moved), Role.OPERATOR)
    when(case.world, VoidLetter(letter_id=old.id, reason="moved"), Role.OPERATOR)
    case.world.settle()
    (new,) = (x for x in case.world.all(Letter) if x.id != old.id and x.dispute_ids == old.dispute_ids)
    assert new.status is LetterStatus.DRAFT
    assert new.drafted is not None
    assert new.drafted.sender.address.line1 == "7 New Street"


def test_a_withdrawn_item_frees_the_others_of_its_letter_into_another(case: Case) -> None:
    old = letter_of(case)
    gone, *others = old.dispute_ids
    case.as_consumer(WithdrawDispute(dispute_id=gone))
    case.world.settle()
    (new,) = (x for x in case.world.all(Letter) if x.bureau is old.bureau and x.id != old.id)
    assert new.dispute_ids == tuple(others)
    assert {case.world.get(Dispute, other).status for other in others} == {DisputeStatus.DRAFTED}
    case.as_consumer(WithdrawDispute(dispute_id=others[0]))
    case.world.settle()
    assert [x for x in case.world.all(Letter) if x.bureau is old.bureau and x.status is not LetterStatus.VOID] == []


def test_items_of_another_person_are_absent(case: Case) -> None:
    old = letter_of(case)
    when(case.world, VoidLetter(letter_id=old.id, reason="again"), Role.OPERATOR)
    other = Case.__new__(Case)
    other.world = case.world
    other.consumer_id = when(case.world, RegisterConsumer(profile=PROFILE), Role.OPERATOR).answer["consumer_id"]
    other.as_consumer(
        GiveConsent(consumer_id=other.consumer_id, kind=ConsentKind.DISPUTE_IN_MY_NAME, text_version="2026-11")
    )
    command = DraftLetters(consumer_id=other.consumer_id, bureau=old.bureau, dispute_ids=old.dispute_ids)
    with pytest.raises(NotFound):
        when(case.world, command, Role.OPERATOR)


def test_items_of_different_reports_go_into_different_letters() -> None:
    case = Case(World())
    pulls = [case.import_report(FIRST_PULL) for _ in range(2)]
    case.open(pulls[0], "22")
    case.open(pulls[1], "23")
    experian = [x for x in case.world.all(Letter) if x.bureau is Bureau.EXPERIAN]
    for letter in experian:
        when(case.world, VoidLetter(letter_id=letter.id, reason="again"), Role.OPERATOR)
    items = tuple(dispute_id for letter in experian for dispute_id in letter.dispute_ids)
    then = when(case.world, DraftLetters(consumer_id=case.consumer_id, bureau=Bureau.EXPERIAN, dispute_ids=items))
    assert len(then.answer["letter_ids"]) == 2


def test_a_letter_names_the_day_its_own_bureau_was_asked() -> None:
    case = Case(World())
    days = {bureau: date(2026, 1, day) for day, bureau in enumerate(Bureau, start=3)}
    sections = tuple(s.model_copy(update={"pulled_on": days[s.bureau]}) for s in FIRST_PULL.sections)
    case.open(case.import_report(FIRST_PULL.model_copy(update={"sections": sections})), "22")
    named = {x.bureau: x.drafted.report.dated for x in case.world.all(Letter) if x.drafted is not None}
    assert named == days


def test_an_attestation_nobody_was_offered_is_refused(case: Case) -> None:
    with pytest.raises(UnknownText):
        case.as_consumer(
            SignLetter(letter_id=letter_of(case).id, signature_name=PROFILE.full_name, attestation_version="x")
        )


def test_bytes_are_stored_before_the_event_that_names_them(case: Case) -> None:
    letter = letter_of(case)
    sign = SignLetter(letter_id=letter.id, signature_name=PROFILE.full_name, attestation_version="truth-2026-11")
    case.as_consumer(sign)
    stored: list[int] = []
    case.world.log.before_append.append(
        lambda: stored.append(sum("letters/" in name[2] for name in case.world.store.objects))
    )
    then = when(case.world, RenderLetter(letter_id=letter.id))
    assert stored == [1]
    assert set(then.kinds) == {Letter.Rendered, Dispute.ApprovalAwaited}
    assert when(case.world, RenderLetter(letter_id=letter.id)).kinds == []


def test_a_letter_that_must_not_be_posted_becomes_a_task(case: Case) -> None:
    case.world.printer.problems = ("L07",)
    case.sign_all()
    assert {x.status for x in case.world.all(Letter)} == {LetterStatus.SIGNED}
    assert TaskKind.LETTER_REFUSED in {t.kind for t in case.world.all(Task)}
    assert not any("letters/" in name[2] for name in case.world.store.objects)


def test_a_self_service_tenant_needs_the_consumer_only() -> None:
    case = Case(World(), approvals=Approvals.CONSUMER_ONLY)
    case.open(case.import_report(FIRST_PULL), "22")
    for letter in case.sign_all():
        assert letter.pdf is not None
        case.as_consumer(
            ApproveLetterAsConsumer(
                letter_id=letter.id, pdf_sha256=letter.pdf.sha256, attestation_version="truth-2026-11"
            )
        )
    case.world.settle()
    assert {d.status for d in case.world.all(Dispute)} == {DisputeStatus.SENT}


def test_an_approval_that_grew_old_prints_the_letter_again(case: Case) -> None:
    letter = case.sign_all()[0]
    assert letter.pdf is not None
    sha256 = letter.pdf.sha256
    case.as_consumer(
        ApproveLetterAsConsumer(letter_id=letter.id, pdf_sha256=sha256, attestation_version="truth-2026-11")
    )
    now = case.world.clock.tenant_now(case.world.tenant_id)
    case.world.clock.advance(case.world.tenant_id, now + timedelta(days=31))
    with pytest.raises(ApprovalExpired):
        when(case.world, ApproveLetterAsOperator(letter_id=letter.id, pdf_sha256=sha256), Role.OPERATOR)
    case.world.settle()
    assert case.world.get(Letter, letter.id).status is LetterStatus.RENDERED
