"""Taking people on, and forgetting them; nothing of them stands beside their sealed events."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from application.consents import UnknownText
from application.consumers import (
    AddIdentityDocument,
    ChangeProfile,
    DecideKyc,
    EraseConsumer,
    GiveConsent,
    PurgeConsumer,
    RegisterConsumer,
    WithdrawConsent,
)
from application.kernel import Context, JobTicket, canonical, system
from application.ports import NotYet, PostNews
from application.tasks import CompleteTask, OpenTask
from application.users import RegisterUser
from application.webhooks import FollowMailing
from domain.consumers import ConsentKind, Consumer, ConsumerErased, DocumentKind, KycStatus
from domain.kernel import IllegalMove, Role
from domain.tasks import Task, TaskKind
from tests.support.cases import FIRST_PULL, PROFILE, Case, delivered
from tests.support.scenarios import keyed, when
from tests.support.world import World

PERSONAL = (
    "quillfeather", "mara", "900127788", "alder court", "83702", "1984-03", "example.com", "first bank", "44440000",
)  # fmt: skip


@pytest.fixture
def case() -> Case:
    return Case(World())


def test_the_key_is_there_before_the_first_event() -> None:
    world = World()
    held: list[int] = []
    world.log.before_append.append(lambda: held.append(len(world.keys.held)))
    then = when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR)
    assert (held, then.kinds) == ([1], [Consumer.Registered])


def test_what_operators_and_consumers_record(case: Case) -> None:
    moved = PROFILE.model_copy(update={"phone": "208 555 0100"})
    document = AddIdentityDocument(
        consumer_id=case.consumer_id, document_id=uuid4(), kind=DocumentKind.GOVERNMENT_ID, sha256="ab" * 32,
        object_key="documents/1", media_type="image/png",
    )  # fmt: skip
    wanted = {
        ChangeProfile(consumer_id=case.consumer_id, profile=moved): Consumer.ProfileChanged,
        document: Consumer.IdentityDocumentAdded,
        DecideKyc(consumer_id=case.consumer_id, status=KycStatus.VERIFIED, basis="passport"): Consumer.KycDecided,
    }
    for command, event in wanted.items():
        assert when(case.world, command, Role.OPERATOR).kinds == [event]
        assert when(case.world, command, Role.OPERATOR).kinds == []


def test_a_consent_names_the_very_text_and_where_it_came_from(case: Case) -> None:
    kind = ConsentKind.SERVICE_TERMS
    case.as_consumer(WithdrawConsent(consumer_id=case.consumer_id, kind=kind))
    give = GiveConsent(consumer_id=case.consumer_id, kind=kind, text_version="2026-11")
    (given,) = when(case.world, give, Role.CONSUMER, case.consumer_id).events
    assert isinstance(given, Consumer.ConsentGiven)
    assert (given.ip, len(given.text_sha256)) == ("192.0.2.7", 64)
    with pytest.raises(UnknownText):
        case.as_consumer(give.model_copy(update={"text_version": "1999"}))


def test_erasing_puts_it_on_record_and_then_destroys_objects_and_key(case: Case) -> None:
    case.import_report(FIRST_PULL)
    with pytest.raises(IllegalMove):
        when(case.world, PurgeConsumer(consumer_id=case.consumer_id))
    assert when(case.world, EraseConsumer(consumer_id=case.consumer_id), Role.OWNER).kinds == [Consumer.Erased]
    case.world.settle()
    assert (case.world.tenant_id, case.consumer_id) not in case.world.keys.held
    assert case.world.store.objects == {}
    person = case.world.log.load(case.world.tenant_id, Consumer, case.consumer_id)
    assert person is not None
    assert (person.erased, person.forgotten) == (True, True)
    again = when(case.world, PurgeConsumer(consumer_id=case.consumer_id))
    assert (again.answer["objects_erased"], again.answer["key_destroyed"]) == (0, False)
    with pytest.raises(ConsumerErased):
        when(case.world, ChangeProfile(consumer_id=case.consumer_id, profile=PROFILE), Role.OPERATOR)


def test_key_and_objects_go_before_the_query_tables_are_waited_for(case: Case) -> None:
    """Which sign-ins the person has is read from query tables, and those may be late or stand still."""
    world = case.world
    register = RegisterUser(role=Role.CONSUMER, email="m@example.com", name="M", consumer_id=case.consumer_id)
    user_id = when(world, register, Role.OWNER).answer["user_id"]
    case.import_report(FIRST_PULL)
    when(world, EraseConsumer(consumer_id=case.consumer_id), Role.OWNER)
    world.reads.lagging = True
    job = JobTicket(id=uuid4(), token=uuid4(), renew=lambda: None, after_position=1)
    world.log.running[job.id] = job.token
    with pytest.raises(NotYet):
        world.bus.handle(PurgeConsumer(consumer_id=case.consumer_id), system(world.tenant_id), Context(job=job))
    assert (world.tenant_id, case.consumer_id) not in world.keys.held
    assert world.store.objects == {}
    assert world.sign_ins.closed == set()
    world.reads.lagging = False
    world.settle()
    assert (world.tenant_id, user_id) in world.sign_ins.closed


def test_unread_webhooks_about_an_erased_persons_mail_go_and_those_about_others_wait_on(case: Case) -> None:
    world = case.world
    case.to_posted("22")
    theirs = next(iter(world.post.pieces))
    stranger = when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR).answer["consumer_id"]
    world.inbox.news["evt_1"] = PostNews(provider_id=theirs, scans=(delivered(),))
    world.inbox.news["evt_2"] = PostNews(provider_id="ltr_nobodys", scans=(delivered(),))
    when(world, EraseConsumer(consumer_id=stranger), Role.OWNER)
    world.settle()
    assert world.inbox.finished == {"evt_2"}, "the piece that nobody knows may have been the stranger's"
    when(world, EraseConsumer(consumer_id=case.consumer_id), Role.OWNER)
    world.settle()
    assert world.inbox.finished == {"evt_1", "evt_2"}
    world.inbox.news["evt_3"] = PostNews(provider_id=theirs, scans=(delivered(),))
    assert when(world, FollowMailing(event_id="evt_3")).answer["status"] == "delivered"
    assert "evt_3" in world.inbox.finished


def test_a_task_about_an_erased_person_is_closed_without_words(case: Case) -> None:
    opened = when(
        case.world,
        OpenTask(kind=TaskKind.MATCH_REVIEW, consumer_id=case.consumer_id, about_id=uuid4(), cause="1"),
    )
    when(case.world, EraseConsumer(consumer_id=case.consumer_id), Role.OWNER)
    (done,) = when(case.world, CompleteTask(task_id=opened.answer["task_id"], note="Mara rang"), Role.OPERATOR).events
    assert isinstance(done, Task.Completed)
    assert done.note is None


RANDOM = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b")
"""Ids and digests, in which five digits in a row may be anybody's ZIP code."""


def test_nothing_of_a_person_stands_in_jobs_metadata_answers_or_failures() -> None:
    world = World()
    case = Case(world)
    case.to_posted("22", "23")
    when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed())
    when(world, EraseConsumer(consumer_id=case.consumer_id), Role.OWNER, context=keyed())
    beside = [job.command for job in world.log.jobs.values()]
    beside += [job.dedupe.encode() for job in world.log.jobs.values()]
    beside += [canonical(metadata) for metadata in world.log.metadata]
    beside += [canonical(seen.answer) for seen in world.log.commands.values()]
    beside += [str(error).encode() for error in world.failed.values()]
    assert len(beside) > 100
    beside = [RANDOM.sub(b"", text) for text in beside]
    assert [(word, text) for text in beside for word in PERSONAL if word.encode() in text.lower()] == []
