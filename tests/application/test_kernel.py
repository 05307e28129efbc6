"""The bus: who may, once only, one append, at most five tries, and nothing of a person beside the events."""

from __future__ import annotations

import json
from importlib import import_module
from pkgutil import walk_packages
from uuid import uuid4

import pytest

import application
from application.consumers import ChangeProfile, EraseConsumer, RegisterConsumer
from application.disputes import ConfirmOutcome, WithdrawDispute
from application.kernel import (
    HANDLERS,
    SYSTEM_ACTOR,
    TRIES,
    Command,
    Conflict,
    Contended,
    Context,
    JobTicket,
    KeyReused,
    LeaseGone,
    Repeated,
    StaleVersion,
    TwinInFlight,
    canonical,
    handles,
    job_for,
    system,
)
from application.notifications import QueueNotification
from application.ports import NotYet
from application.tasks import CompleteTask, OpenTask
from domain.consumers import Consumer
from domain.kernel import Forbidden, NotFound, Role
from domain.notifications import Notification, NotificationKind
from domain.permissions import GRANTS, allowed
from domain.tasks import Task, TaskKind
from tests.support.cases import FIRST_PULL, PROFILE, Case
from tests.support.histories import everything, spared_task
from tests.support.scenarios import keyed, when
from tests.support.world import World

O, P, V, A, C = Role.OWNER, Role.OPERATOR, Role.VIEWER, Role.AUDITOR, Role.CONSUMER  # noqa: E741
MAY: dict[str, set[Role]] = {
    "AddIdentityDocument": {O, P},
    "AdvanceClock": {O},
    "ApproveLetterAsConsumer": {C},
    "ApproveLetterAsOperator": {O, P},
    "BeginConnection": {C},
    "ChangeBranding": {O},
    "ChangePolicies": {O},
    "ChangeProfile": {O, P},
    "ChangeRole": {O},
    "ChangeSender": {O},
    "CheckOverdue": set(),
    "CheckSchedule": set(),
    "CloseWebhookEndpoint": {O},
    "CompleteConnection": {C},
    "CompleteTask": {O, P},
    "ConfirmOutcome": {O, P},
    "DecideKyc": {O, P},
    "DisableUser": {O},
    "DraftLetters": {O, P, C},
    "EndApiKey": set(),
    "EndConnections": set(),
    "EndKeysBeyond": set(),
    "EndLink": set(),
    "EraseConsumer": {O},
    "FollowFeed": set(),
    "FollowMailing": set(),
    "FollowUpDisputes": set(),
    "GiveConsent": {C},
    "ImportReport": {O, P, C},
    "MakeApiKey": {O},
    "NotePasswordChange": {O, P, V, A, C},
    "OpenDisputes": {C},
    "OpenTask": set(),
    "OpenWebhookEndpoint": {O},
    "OverruleOutcome": {O, P},
    "RecordFrivolousNotice": {O, P},
    "PollMailing": set(),
    "PullReport": set(),
    "PurgeConsumer": {O},
    "QueueNotification": set(),
    "ReadFeedNotes": set(),
    "ReadNotification": {O, P, V, A, C},
    "ReceiveFeedWebhook": set(),
    "ReceivePostWebhook": set(),
    "ReconcileDispute": set(),
    "ReconcileDisputes": set(),
    "ReconcileMailing": set(),
    "RecordInformationSent": {O, P, C},
    "RecordReceipt": set(),
    "RefreshLetter": set(),
    "RefreshLetters": set(),
    "RegisterConsumer": {O, P},
    "RegisterTenant": set(),
    "RegisterUser": {O},
    "RenderLetter": set(),
    "ReopenDispute": {Role.CONSUMER},
    "ReplaceMailing": set(),
    "RequestMailing": set(),
    "RequestPull": {O, P, C},
    "ResumePulls": set(),
    "RetryMailing": {O, P},
    "ReturnDispute": set(),
    "RevokeApiKey": {O},
    "RevokeConnection": {O, P, C},
    "SettleDisputeTasks": set(),
    "SettleDraftTasks": set(),
    "SettleLetterTasks": set(),
    "SettleMatch": {O, P},
    "SettleTask": set(),
    "ShutWebhookEndpoint": set(),
    "SignLetter": {C},
    "SubmitMailing": set(),
    "UploadReport": {O, P, C},
    "VerifyAddresses": set(),
    "VerifyBureauAddress": {O, P},
    "VoidLetter": {O, P, C},
    "WithdrawConsent": {C},
    "WithdrawDispute": {O, P, C},
}
"""Every command, and the people who may send it; the engine itself may send them all."""


@pytest.fixture(scope="module", autouse=True)
def whole_registry() -> None:
    """Every command there is, whatever else was imported before."""
    for module in walk_packages(application.__path__, "application."):
        import_module(module.name)


def test_every_command_and_role_stands_in_the_table() -> None:
    ours = {name: kind for name, kind in Command.registry.items() if kind.__module__.startswith("application.")}
    granted = {name: {role for role in Role if allowed(role, kind.needs)} for name, kind in ours.items()}
    assert granted == {name: roles | {Role.SYSTEM} for name, roles in MAY.items()}


@pytest.mark.parametrize("name", sorted(MAY))
def test_whoever_may_not_is_refused_before_anything_is_read(name: str) -> None:
    world, kind = World(), Command.registry[name]
    for role in set(Role) - MAY[name] - {Role.SYSTEM}:
        with pytest.raises(Forbidden, match="may not"):
            world.bus.handle(kind.model_construct(), world.caller(role, uuid4() if role is C else None))
    assert world.log.streams == {}


def test_a_second_handler_for_a_command_is_refused() -> None:
    with pytest.raises(TypeError, match="already has a handler"):
        handles(RegisterConsumer)(HANDLERS[RegisterConsumer])


def test_the_engine_acts_under_one_name() -> None:
    assert system(uuid4()).actor_id == SYSTEM_ACTOR
    assert system(uuid4()).role is Role.SYSTEM
    assert Role.SYSTEM in GRANTS


def test_the_same_key_with_the_same_request_is_answered_again_and_does_nothing() -> None:
    world, key = World(), uuid4()
    once = when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed(key))
    again = when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed(key))
    assert once.kinds == [Consumer.Registered]
    assert (again.kinds, again.done.replayed, again.done.position) == ([], True, once.done.position)
    assert again.answer["consumer_id"] == str(once.answer["consumer_id"])


def test_the_same_key_with_another_request_is_refused() -> None:
    world, key = World(), uuid4()
    when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed(key))
    with pytest.raises(KeyReused) as refusal:
        when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed(key, b"other"))
    assert (refusal.value.code, refusal.value.status) == ("idempotency_key_reused", 422)


def test_nothing_is_kept_under_a_key_whose_request_was_refused() -> None:
    world, key = World(), uuid4()
    refused = ChangeProfile(consumer_id=uuid4(), profile=PROFILE)
    for _ in range(2):
        with pytest.raises(NotFound):
            when(world, refused, Role.OPERATOR, context=keyed(key))
    assert world.log.commands == {}


def test_of_two_twins_at_once_one_acts_and_the_other_is_answered_the_same() -> None:
    world, key = World(), uuid4()
    world.log.before_append.append(
        lambda: when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed(key))
    )
    second = when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed(key))
    assert second.done.replayed
    assert len(world.log.streams) == 1


def test_a_twin_that_left_no_answer_yet_is_in_flight() -> None:
    world = World()

    def busy() -> None:
        raise Repeated

    world.log.before_append.append(busy)
    with pytest.raises(TwinInFlight):
        when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR, context=keyed())
    assert world.log.streams == {}


def conflicts(world: World, times: int) -> list[int]:
    """Let the next `times` appends meet a conflict; counts them."""
    met: list[int] = []

    def conflict() -> None:
        met.append(1)
        if len(met) < times:
            world.log.before_append.append(conflict)
        raise Conflict

    world.log.before_append.append(conflict)
    return met


def test_a_conflict_is_decided_again_up_to_five_times() -> None:
    world = World()
    conflicts(world, TRIES - 1)
    assert when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR).kinds == [Consumer.Registered]


def test_a_caller_is_told_when_others_keep_changing_the_same_thing() -> None:
    world = World()
    met = conflicts(world, TRIES)
    with pytest.raises(Contended):
        when(world, RegisterConsumer(profile=PROFILE), Role.OPERATOR)
    assert len(met) == TRIES == 5
    assert world.log.streams == {}


def test_a_job_among_others_waits_instead_of_being_given_up() -> None:
    world = World()
    conflicts(world, TRIES)
    with pytest.raises(NotYet):
        world.bus.handle(_note(), system(world.tenant_id), Context(job=ticket(world)))
    assert world.log.streams == {}


def test_a_changed_thing_is_refused_to_whoever_read_it_before() -> None:
    case = Case(World())
    version = case.world.get(Consumer, case.consumer_id).version
    command = ChangeProfile(consumer_id=case.consumer_id, profile=PROFILE.model_copy(update={"phone": "555 0100"}))
    changed = when(case.world, command, Role.OPERATOR, context=Context(if_match=version))
    assert changed.kinds == [Consumer.ProfileChanged]
    with pytest.raises(StaleVersion) as refusal:
        when(case.world, command, Role.OPERATOR, context=Context(if_match=version))
    assert (refusal.value.code, refusal.value.status) == ("stale_version", 412)


def test_a_change_that_slips_in_between_makes_the_version_stale() -> None:
    case = Case(World())
    version = case.world.get(Consumer, case.consumer_id).version
    other = ChangeProfile(consumer_id=case.consumer_id, profile=PROFILE.model_copy(update={"phone": "555 0101"}))
    mine = ChangeProfile(consumer_id=case.consumer_id, profile=PROFILE.model_copy(update={"phone": "555 0102"}))
    case.world.log.before_append.append(lambda: when(case.world, other, Role.OPERATOR))
    with pytest.raises(StaleVersion):
        when(case.world, mine, Role.OPERATOR, context=Context(if_match=version))
    profile = case.world.get(Consumer, case.consumer_id).profile
    assert profile is not None
    assert profile.phone == "555 0101"


def ticket(world: World) -> JobTicket:
    held = JobTicket(id=uuid4(), token=uuid4(), renew=lambda: None)
    world.log.running[held.id] = held.token
    return held


def _note() -> QueueNotification:
    return QueueNotification(
        kind=NotificationKind.LETTER_MAILED, consumer_id=uuid4(), about_id=uuid4(), cause="accepted"
    )


def test_a_job_ends_with_the_append_of_what_it_decided() -> None:
    world = World()
    held = ticket(world)
    world.bus.handle(_note(), system(world.tenant_id), Context(job=held))
    assert held.id not in world.log.running
    assert len(world.all(Notification)) == 1


def test_a_job_that_decides_nothing_ends_too() -> None:
    world, note = World(), _note()
    world.bus.handle(note, system(world.tenant_id), Context(job=ticket(world)))
    held = ticket(world)
    done = world.bus.handle(note, system(world.tenant_id), Context(job=held))
    assert done.position == world.log.position == 1
    assert held.id not in world.log.running


def test_who_has_lost_the_lease_writes_nothing() -> None:
    world = World()
    held = ticket(world)
    world.log.running[held.id] = uuid4()
    with pytest.raises(LeaseGone):
        world.bus.handle(_note(), system(world.tenant_id), Context(job=held))
    assert world.log.streams == {}


def test_a_job_whose_step_was_done_before_is_no_refusal() -> None:
    world = World()

    def done() -> None:
        raise Repeated

    world.log.before_append.append(done)
    with pytest.raises(Repeated):
        world.bus.handle(_note(), system(world.tenant_id), Context(job=ticket(world)))


def test_consumers_reach_their_own_case_only() -> None:
    case = Case(World())
    disputes = case.open(case.import_report(FIRST_PULL), "22")
    stranger = case.world.when(RegisterConsumer(profile=PROFILE), Role.OPERATOR).answer["consumer_id"]
    with pytest.raises(NotFound):
        when(case.world, WithdrawDispute(dispute_id=disputes[0].id), Role.CONSUMER, stranger)
    assert when(case.world, WithdrawDispute(dispute_id=disputes[0].id), Role.CONSUMER, case.consumer_id).kinds


def test_another_tenants_things_are_absent() -> None:
    case = Case(World())
    elsewhere = case.world.caller(Role.OWNER).model_copy(update={"tenant_id": uuid4()})
    with pytest.raises(NotFound):
        case.world.bus.handle(EraseConsumer(consumer_id=case.consumer_id), elsewhere)
    assert not case.world.get(Consumer, case.consumer_id).erased


def test_an_id_of_another_kind_of_thing_is_absent() -> None:
    case = Case(World())
    with pytest.raises(NotFound, match="no dispute"):
        when(case.world, ConfirmOutcome(dispute_id=case.consumer_id), Role.OPERATOR)


def test_next_steps_carry_where_they_come_from() -> None:
    world = World()
    opened = OpenTask(kind=TaskKind.MATCH_REVIEW, consumer_id=uuid4(), about_id=uuid4(), cause="1")
    correlation = uuid4()
    job = job_for(opened, "key", None, Context(correlation_id=correlation), "stream:7")
    assert json.loads(job.command) == {
        "command": "OpenTask", "data": opened.model_dump(mode="json"), "correlation_id": str(correlation),
        "causation_id": "stream:7",
    }  # fmt: skip
    world.bus.handle(opened, system(world.tenant_id), Context(correlation_id=correlation, causation_id="stream:7"))
    assert world.log.metadata[-1] == {
        "actor": str(SYSTEM_ACTOR), "role": "system", "command": "OpenTask", "command_id": None,
        "correlation_id": str(correlation), "causation_id": "stream:7",
    }  # fmt: skip


def test_canonical_json_is_one_text_for_one_value() -> None:
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode() == canonical({"a": "é", "b": 1})


def test_every_thing_that_is_one_persons_says_whose() -> None:
    tenants_own = ("tenant", "user", "api_key", "webhook_endpoint", "bureau_address")
    tasks_of_nobody = (spared_task().id,)
    owned = [
        thing
        for thing in everything()
        if type(thing).TOPIC not in tenants_own and thing.id not in tasks_of_nobody  # type: ignore[attr-defined]
    ]
    assert owned
    assert all(getattr(thing, "owner_id", None) is not None for thing in owned)


def test_a_task_of_another_tenant_cannot_be_completed() -> None:
    world = World()
    opened = when(world, OpenTask(kind=TaskKind.MATCH_REVIEW, consumer_id=uuid4(), about_id=uuid4(), cause="1"))
    task_id = opened.answer["task_id"]
    elsewhere = world.caller(Role.OPERATOR).model_copy(update={"tenant_id": uuid4()})
    with pytest.raises(NotFound):
        world.bus.handle(CompleteTask(task_id=task_id, note="seen"), elsewhere)
    assert world.get(Task, task_id).version == 1
