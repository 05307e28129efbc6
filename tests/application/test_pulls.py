"""A report that was asked for is fetched, once, whatever the provider, the workers and the consumer do meanwhile."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from application.connections import RevokeConnection
from application.consumers import EraseConsumer, GiveConsent, WithdrawConsent
from application.feeding import FeedBusy, FeedRefused, LinkRefused, RawReport
from application.kernel import Conflict, Context, JobTicket, system
from application.pulls import FetchInstead, PullReport, RequestPull, UploadReport, next_try_at
from application.reports import ImportReport, UnreadableReport
from domain.bureaus import Bureau
from domain.connections import MANUAL_UPLOAD, Connection, ConnectionStatus, NotConnected, PullCause, UploadInstead
from domain.consumers import ConsentKind, ConsentMissing
from domain.kernel import Invalid, Role
from domain.notifications import Notification, NotificationKind
from domain.reports import Report, ReportStatus
from domain.tasks import TaskKind, TaskStatus
from tests.support.cases import FIRST_PULL, everywhere, report
from tests.support.floor import Crash, Fate
from tests.support.linked import Linked
from tests.support.scenarios import when
from tests.support.world import START

S = ConnectionStatus
OUTAGE = FeedBusy(1, "outage")


@pytest.fixture
def linked() -> Linked:
    return Linked().connect()


@pytest.fixture
def idle() -> Linked:
    """Connected, and the first report fetched."""
    linked = Linked().connect().settle()
    linked.world.reader.reports[b"second"] = FIRST_PULL
    linked.feed.report = RawReport(media_type="application/json", content=b"second")
    linked.feed.calls.clear()
    return linked


def fetched(linked: Linked) -> list[Connection.PullFetched]:
    return [e for e in linked.world.events(linked.id) if isinstance(e, Connection.PullFetched)]


def request(linked: Linked) -> dict[str, object]:
    return linked.do(RequestPull(connection_id=linked.id))


def test_connecting_has_a_report_ordered_fetched_archived_and_read(linked: Linked) -> None:
    linked.settle()
    (pull,), (made,) = fetched(linked), linked.world.all(Report)
    requested = [e for e in linked.world.events(linked.id) if isinstance(e, Connection.PullRequested)]
    assert [e.cause for e in requested] == [PullCause.CONNECTED]
    assert linked.feed.orders == {str(pull.pull_id): "ord_1"}
    assert (pull.report_id, pull.sha256, pull.readable) == (made.id, made.sha256, True)
    assert (made.status, linked.connection.pull, linked.connection.trouble) == (ReportStatus.PARSED, None, "")
    assert linked.feed.report.content in linked.world.store.objects.values()
    assert linked.tasks() == []


def test_the_end_of_a_pull_and_the_report_read_are_one_append(linked: Linked) -> None:
    positions: list[tuple[int, ReportStatus | None]] = []

    def look() -> None:
        made = linked.world.all(Report)
        positions.append((len(fetched(linked)), made[0].status if made else None))
        linked.world.log.before_append.append(look)

    linked.world.log.before_append.append(look)
    linked.floor.settle()
    assert set(positions) <= {(0, None), (0, ReportStatus.ARCHIVED), (1, ReportStatus.PARSED)}
    assert (0, ReportStatus.ARCHIVED) in positions


def test_two_requests_are_one_pull(idle: Linked) -> None:
    assert request(idle)["pull_id"] == request(idle)["pull_id"]
    idle.settle()
    assert (idle.feed.times("order"), idle.feed.times("fetch_report"), len(fetched(idle))) == (1, 1, 2)


def test_the_same_job_run_twice_or_late_fetches_nothing_again(idle: Linked) -> None:
    request(idle)
    key = idle.job("PullReport")
    assert idle.floor.carry_out(key) is Fate.DONE
    idle.floor.again(key)
    idle.run(PullReport(connection_id=idle.id, pull_id=uuid4()))
    assert (idle.feed.times("fetch_report"), len(fetched(idle))) == (1, 2)


@pytest.mark.parametrize("append", range(3))
@pytest.mark.parametrize("error", [Crash, Conflict])
def test_a_crash_at_any_append_is_healed_under_the_same_order(
    idle: Linked, append: int, error: type[Exception]
) -> None:
    request(idle)

    def strike(left: int) -> None:
        if left:
            idle.world.log.before_append.append(lambda: strike(left - 1))
            return
        raise error

    key = idle.job("PullReport")
    idle.world.log.before_append.append(lambda: strike(append))
    fate = idle.floor.carry_out(key)
    assert fate is (Fate.RETRIED if error is Crash else Fate.DONE)
    idle.settle()
    assert (len(idle.feed.orders), len(fetched(idle)), len(idle.world.all(Report))) == (2, 2, 2)
    assert {r.status for r in idle.world.all(Report)} == {ReportStatus.PARSED}


def test_the_order_is_on_record_before_the_report_is_fetched(idle: Linked) -> None:
    request(idle)
    idle.feed.script["fetch_report"] = [Crash()]  # type: ignore[list-item]
    key = idle.job("PullReport")
    assert idle.floor.carry_out(key) is Fate.RETRIED
    assert idle.connection.pull is not None
    assert idle.connection.pull.order_id == "ord_2"
    assert idle.floor.carry_out(key) is Fate.DONE
    assert (idle.feed.times("order"), len(fetched(idle))) == (1, 2)


def test_a_report_that_is_not_ready_is_waited_for_without_a_word(idle: Linked) -> None:
    request(idle)
    idle.feed.ready = False
    key = idle.job("PullReport")
    assert idle.floor.carry_out(key) is Fate.SNOOZED
    assert idle.floor.carry_out(key) is Fate.DONE
    assert (len(fetched(idle)), "PullDelayed" in idle.kinds) == (2, False)


def test_the_lease_is_renewed_before_each_call(idle: Linked) -> None:
    request(idle)
    renewed: list[int] = []
    ticket = JobTicket(id=uuid4(), token=uuid4(), renew=lambda: renewed.append(len(idle.feed.calls)))
    idle.world.log.running[ticket.id] = ticket.token
    pull = idle.connection.pull
    assert pull is not None
    command = PullReport(connection_id=idle.id, pull_id=pull.pull_id)
    idle.world.bus.handle(command, system(idle.world.tenant_id), Context(job=ticket))
    assert renewed == [0, 1]


def test_an_outage_is_waited_out_and_shown_meanwhile(idle: Linked) -> None:
    request(idle)
    idle.feed.script["order"] = [OUTAGE]
    idle.feed.script["fetch_report"] = [FeedBusy(90, "slow"), OUTAGE]
    waits: list[float] = []
    for trouble in ("outage", "slow", "outage"):
        idle.settle()
        (*_, delayed) = [e for e in idle.world.events(idle.id) if isinstance(e, Connection.PullDelayed)]
        assert (idle.connection.trouble, delayed.reason) == (trouble, trouble)
        waits.append((delayed.next_try_at - idle.now).total_seconds())
        idle.wait(delayed.next_try_at - idle.now - timedelta(seconds=1)).settle()
        assert idle.connection.pull is not None
        idle.wait(timedelta(seconds=1))
    idle.settle()
    assert (len(fetched(idle)), idle.connection.trouble, len(idle.feed.orders)) == (2, "", 2)
    assert waits[0] >= 30
    assert waits[1] >= 90
    assert waits[2] >= 120


def test_somebody_is_asked_to_look_once_after_five_attempts_and_no_more_once_it_works(idle: Linked) -> None:
    request(idle)
    idle.feed.script["fetch_report"] = [OUTAGE] * 7
    for attempt in range(7):
        idle.settle()
        assert idle.tasks() == ([TaskKind.PULL_DELAYED] if attempt >= 4 else [])
        idle.wait(timedelta(hours=7))
    idle.settle()
    assert (idle.tasks(), idle.tasks(TaskStatus.DONE)) == ([], [TaskKind.PULL_DELAYED])
    assert len(fetched(idle)) == 2


def test_a_standing_clock_keeps_a_delayed_pull_where_it_is(idle: Linked) -> None:
    request(idle)
    idle.feed.script["order"] = [OUTAGE]
    idle.settle()
    idle.world.clock.real += timedelta(days=30)
    idle.settle()
    assert idle.connection.pull is not None
    assert idle.feed.times("order") == 1


def test_two_jobs_for_one_attempt_put_the_pull_off_once(idle: Linked) -> None:
    pull_id = request(idle)["pull_id"]
    idle.feed.script["order"] = [OUTAGE, OUTAGE]
    command = PullReport(connection_id=idle.id, pull_id=pull_id)  # type: ignore[arg-type]
    idle.world.log.before_append.append(lambda: idle.run(command))
    idle.run(command)
    assert idle.kinds.count("PullDelayed") == 1


def test_pauses_double_from_half_a_minute_to_six_hours_and_differ_between_pulls() -> None:
    pull = uuid4()
    pauses = [(next_try_at(pull, n, 0, START) - START).total_seconds() for n in range(30)]
    assert all(30 * 2**n <= pause < 30 * 2**n * 1.25 for n, pause in enumerate(pauses[:9]))
    assert set(pauses[10:]) == {6 * 3600.0}
    assert next_try_at(pull, 0, 0, START) == next_try_at(pull, 0, 0, START)
    assert len({next_try_at(uuid4(), 3, 0, START) for _ in range(50)}) > 40


@pytest.mark.parametrize(("asked_for", "waited"), [(1000.0, 1000.0), (1e300, 24 * 3600.0), (float("inf"), 24 * 3600.0)])
def test_a_provider_is_left_alone_as_long_as_it_asks_for_within_a_day(asked_for: float, waited: float) -> None:
    assert next_try_at(uuid4(), 0, asked_for, START) == START + timedelta(seconds=waited)


def test_a_lasting_refusal_ends_the_pull_and_becomes_a_task(idle: Linked) -> None:
    request(idle)
    idle.feed.script["order"] = [FeedRefused("scope_missing", "reports may not be read")]
    idle.settle()
    assert (idle.connection.pull, idle.connection.trouble) == (None, "scope_missing")
    assert (idle.tasks(), idle.feed.times("order")) == ([TaskKind.PULL_REFUSED], 1)
    request(idle)
    idle.settle()
    assert (len(fetched(idle)), idle.connection.trouble) == (2, "")


def test_a_pull_waits_for_the_consumer_to_connect_again_and_then_goes_on(idle: Linked) -> None:
    pull_id = request(idle)["pull_id"]
    idle.feed.script["fetch_report"] = [LinkRefused("token_refused", "the link has ended")]
    idle.settle()
    told = [n.kind for n in idle.world.all(Notification) if n.about_id == idle.id]
    assert (idle.connection.status, idle.tasks(), told) == (
        S.NEEDS_REAUTH, [TaskKind.CONNECT_AGAIN], [NotificationKind.CONNECT_AGAIN],
    )  # fmt: skip
    assert isinstance(idle.refusal(RequestPull(connection_id=idle.id)), NotConnected)
    idle.connect().settle()
    assert [e.pull_id for e in fetched(idle)][1:] == [pull_id]
    assert (idle.tasks(), idle.tasks(TaskStatus.DONE)) == ([], [TaskKind.CONNECT_AGAIN])
    assert (idle.kinds.count("PullRequested"), idle.feed.times("order")) == (2, 1)


def test_each_time_the_consumer_has_to_connect_again_is_a_task_of_its_own(idle: Linked) -> None:
    for _ in range(2):
        request(idle)
        idle.feed.script["order"] = [LinkRefused("token_refused", "the link has ended")]
        idle.settle()
        assert idle.tasks() == [TaskKind.CONNECT_AGAIN]
        idle.connect().settle()
    assert idle.tasks(TaskStatus.DONE) == [TaskKind.CONNECT_AGAIN] * 2


def test_a_pull_put_off_when_the_link_ended_goes_on_once_when_it_is_back(idle: Linked) -> None:
    pull_id = request(idle)["pull_id"]
    idle.feed.script["order"] = [OUTAGE]
    idle.settle()
    idle.world.when(PullReport(connection_id=idle.id, pull_id=pull_id))  # type: ignore[arg-type]
    assert idle.feed.times("order") == 1
    idle.feed.script["order"] = [LinkRefused("token_refused", "the link has ended")]
    idle.wait(timedelta(minutes=1)).settle()
    idle.connect().settle()
    idle.wait(timedelta(hours=1)).settle()
    assert (len(fetched(idle)), idle.feed.times("fetch_report")) == (2, 1)


def test_a_revocation_during_a_pull_ends_it_quietly(idle: Linked) -> None:
    request(idle)
    idle.feed.before["fetch_report"] = [lambda: idle.do(RevokeConnection(connection_id=idle.id))]
    idle.settle()
    assert (idle.connection.status, idle.connection.pull, len(fetched(idle))) == (S.REVOKED, None, 1)
    assert (idle.tasks(), len([r for r in idle.world.all(Report) if r.status is ReportStatus.PARSED])) == ([], 1)


def test_revoking_settles_what_was_asked_about_the_connection(idle: Linked) -> None:
    request(idle)
    idle.feed.script["order"] = [OUTAGE] * 5 + [LinkRefused("token_refused", "the link has ended")]
    for _ in range(6):
        idle.settle().wait(timedelta(hours=7))
    assert set(idle.settle().tasks()) == {TaskKind.PULL_DELAYED, TaskKind.CONNECT_AGAIN}
    idle.do(RevokeConnection(connection_id=idle.id))
    assert idle.settle().tasks() == []


def test_a_report_that_cannot_be_read_is_kept_shown_and_given_to_somebody(idle: Linked) -> None:
    idle.world.reader.reports[b"second"] = Invalid("this is no report we know", place="/root")
    request(idle)
    idle.settle()
    pull = fetched(idle)[-1]
    kept = idle.world.get(Report, pull.report_id)
    assert (pull.readable, kept.status, kept.refused_place) == (False, ReportStatus.REFUSED, "/root")
    assert b"second" in idle.world.store.objects.values()
    assert idle.connection.trouble == "unreadable_report"
    assert idle.tasks_about(kept.id) == [TaskKind.REPORT_UNREADABLE]


@pytest.mark.parametrize("purged", [False, True])
def test_nothing_is_fetched_for_a_person_who_has_been_erased(idle: Linked, purged: bool) -> None:
    request(idle)
    key = idle.job("PullReport")
    when(idle.world, EraseConsumer(consumer_id=idle.case.consumer_id), Role.OWNER)
    if purged:
        idle.floor.carry_out(idle.job("PurgeConsumer"))
    assert idle.floor.carry_out(key) is Fate.DONE
    assert idle.feed.times("order") == 0
    idle.settle()
    assert (idle.connection.status, len(fetched(idle))) == (S.REVOKED, 1)


def test_a_consent_taken_back_ends_the_pull_and_the_connection(idle: Linked) -> None:
    request(idle)
    idle.do(WithdrawConsent(consumer_id=idle.case.consumer_id, kind=ConsentKind.CREDIT_PULL))
    assert isinstance(idle.refusal(RequestPull(connection_id=idle.id)), ConsentMissing)
    assert idle.floor.carry_out(idle.job("PullReport")) is Fate.DONE
    assert (idle.feed.times("order"), idle.connection.trouble) == (0, "consent_missing")
    idle.settle()
    assert (idle.connection.status, idle.feed.linked, idle.tasks()) == (S.REVOKED, set(), [])


def test_a_consent_given_anew_before_that_keeps_the_connection(idle: Linked) -> None:
    consumer_id = idle.case.consumer_id
    idle.do(WithdrawConsent(consumer_id=consumer_id, kind=ConsentKind.CREDIT_PULL))
    idle.do(GiveConsent(consumer_id=consumer_id, kind=ConsentKind.CREDIT_PULL, text_version="2026-11"))
    assert idle.settle().connection.status is S.ACTIVE


def test_fewer_rows_than_the_provider_lists_make_a_section_incomplete(idle: Linked) -> None:
    idle.world.reader.reports[b"lossy"] = report(
        date(2026, 1, 5), everywhere("21"), everywhere("22"), everywhere("23"), everywhere("24")
    )
    listed = {Bureau.EXPERIAN: 5, Bureau.EQUIFAX: 4}
    idle.feed.report = RawReport(media_type="application/json", content=b"lossy", tradelines=listed)
    request(idle)
    idle.settle()
    made = idle.world.get(Report, fetched(idle)[-1].report_id)
    assert {gate.bureau: gate.missing for gate in made.gates} == {
        Bureau.EXPERIAN: ("rows_lost",), Bureau.EQUIFAX: (), Bureau.TRANSUNION: (),
    }  # fmt: skip


def test_the_same_bytes_again_are_the_same_report_and_another_pull(idle: Linked) -> None:
    for _ in range(2):
        request(idle)
        idle.settle()
    assert [e.report_id for e in fetched(idle)][1] == [e.report_id for e in fetched(idle)][2]
    assert len(idle.world.all(Report)) == 2


def upload(linked: Linked, content: bytes = b'{"pull": 1}') -> UploadReport:
    return UploadReport(connection_id=linked.id, content=content)


@pytest.fixture
def by_hand() -> Linked:
    linked = Linked(MANUAL_UPLOAD)
    linked.begin_only()
    return linked.settle()


def test_an_upload_is_read_like_every_report_and_stands_in_the_history(by_hand: Linked) -> None:
    answer = by_hand.do(upload(by_hand))
    (pull,) = fetched(by_hand)
    assert (answer["report_id"], answer["tradelines"]) == (pull.report_id, 4)
    assert by_hand.world.get(Report, pull.report_id).free_annual is False
    assert by_hand.kinds == ["Opened", "Begun", "Authorized", "PullRequested", "PullFetched"]
    by_hand.wait(timedelta(days=40)).settle()
    assert by_hand.connection.pull is None


def test_an_upload_may_be_a_free_annual_copy(by_hand: Linked) -> None:
    answer = by_hand.do(upload(by_hand).model_copy(update={"free_annual": True}))
    assert by_hand.world.get(Report, answer["report_id"]).free_annual is True


def test_an_upload_that_cannot_be_read_says_so_and_stands_there_too(by_hand: Linked) -> None:
    by_hand.world.reader.reports[b"bad"] = Invalid("this is no report we know", place="/root")
    refused = by_hand.refusal(upload(by_hand, b"bad"))
    assert isinstance(refused, UnreadableReport)
    assert ([e.readable for e in fetched(by_hand)], by_hand.connection.pull) == ([False], None)


def test_either_consent_is_enough_for_an_upload_and_none_is_not(by_hand: Linked) -> None:
    consumer_id = by_hand.case.consumer_id
    by_hand.do(WithdrawConsent(consumer_id=consumer_id, kind=ConsentKind.REPORT_IMPORT))
    assert by_hand.do(upload(by_hand))["tradelines"] == 4
    assert isinstance(by_hand.refusal(ImportReport(consumer_id=consumer_id, content=b"x")), ConsentMissing)
    by_hand.do(WithdrawConsent(consumer_id=consumer_id, kind=ConsentKind.CREDIT_PULL))
    assert isinstance(by_hand.refusal(upload(by_hand)), ConsentMissing)


def test_uploads_and_fetched_reports_keep_apart(by_hand: Linked, idle: Linked) -> None:
    assert isinstance(by_hand.refusal(RequestPull(connection_id=by_hand.id)), UploadInstead)
    assert isinstance(idle.refusal(upload(idle)), FetchInstead)
    by_hand.do(RevokeConnection(connection_id=by_hand.id))
    assert isinstance(by_hand.refusal(upload(by_hand)), NotConnected)
