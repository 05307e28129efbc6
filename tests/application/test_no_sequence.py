"""No sequence of commands, jobs, crashes, conflicts and misfortunes at the post does what must never happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from application.consumers import GiveConsent, RegisterConsumer, WithdrawConsent
from application.disputes import (
    CheckOverdue,
    ConfirmOutcome,
    OpenDisputes,
    OverruleOutcome,
    RecordInformationSent,
    Selection,
    WithdrawDispute,
)
from application.kernel import Command, Conflict
from application.letters import ApproveLetterAsConsumer, ApproveLetterAsOperator, SignLetter, VoidLetter
from application.ports import PostNews
from application.posting import MailPiece, OutcomeUnknown, PostBusy, PostRejected
from application.stopped_mail import RetryMailing
from application.webhooks import ReceivePostWebhook
from domain.bureaus import Bureau
from domain.consumers import ConsentKind
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Aggregate, DomainError, Event, NotFound, Role
from domain.letters import Letter, LetterStatus
from domain.mailings import Mailing, MailingStatus
from domain.reports import Report
from domain.tasks import Task, TaskKind, TaskStatus
from domain.tracking import ScanKind, TrackingScan
from tests.support.cases import FIRST_PULL, PROFILE, Case, everywhere, report
from tests.support.floor import Crash, Floor
from tests.support.world import FakePost, World

KEY_LIFE = timedelta(hours=24)
picks = st.integers(0, 10_000)
post_failures = st.sampled_from(
    [
        (OutcomeUnknown("timeout"), True),
        (OutcomeUnknown("timeout"), False),
        (PostBusy(1), False),
        (PostRejected("invalid", "letter", "No."), False),
    ]
)
"""What the provider answers, and whether it took the letter all the same: with a refusal it never has."""


class ForgetfulPost(FakePost):
    """A provider that forgets idempotency keys after a day, as the real one does."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._taken: dict[str, tuple[str, Any]] = {}

    def _take(self, piece: MailPiece) -> str:
        now = self._world.clock.tenant_now(self._world.tenant_id)
        known = self._taken.get(piece.idempotency_key)
        if known is not None and now - known[1] < KEY_LIFE:
            return known[0]
        provider_id = f"ltr_{len(self.pieces) + 1:016x}"
        self.pieces[provider_id] = piece
        self._taken[piece.idempotency_key] = provider_id, now
        return provider_id


class AnySequence(RuleBasedStateMachine):
    """One consumer of one tenant, and everything that may happen to their case, in any order."""

    @initialize(walked=st.integers(0, 6), trouble=st.lists(post_failures, max_size=2))
    def begin(self, walked: int, trouble: list[tuple[Exception, bool]]) -> None:
        """Ids come in the same order every time, so that a sequence found once is found again."""
        numbers = Random(22)
        self.world = World(lambda: UUID(int=numbers.getrandbits(128), version=4))
        self.case = Case(self.world)
        self.floor = Floor(self.world)
        self.world.post = ForgetfulPost(self.world)
        self.reports = [self.case.import_report(FIRST_PULL)]
        self.stranger = self.world.when(RegisterConsumer(profile=PROFILE), Role.OPERATOR).answer["consumer_id"]
        self.scans = 0
        self.world.post.script += trouble
        self.walk_on("22", walked, right=True)

    def ask(self, command: Command, role: Role) -> None:
        """Somebody tries; a refusal is as good as a success."""
        with suppress(DomainError, Crash):
            self.world.when(command, role, self.case.consumer_id if role is Role.CONSUMER else None)

    def waiting(self) -> list[Dispute]:
        """Disputes that a bureau has received and has not answered."""
        return [d for d in self.world.all(Dispute) if d.status is DisputeStatus.RECEIVED]

    def some(self, kind: type[Aggregate], pick: int) -> Any:
        named = [aggregate_id for events in self.streams(kind) if (aggregate_id := events[0].originator_id)]
        return self.world.get(kind, named[pick % len(named)]) if named else None

    @rule(pick=picks, complete=st.booleans(), days=st.integers(1, 30), shown=st.sets(st.sampled_from(["22", "23"])))
    def import_another(self, pick: int, complete: bool, days: int, shown: set[str]) -> None:
        now = self.world.clock.tenant_now(self.world.tenant_id).date()
        past_due = (0, 8_000, 150_000)[pick % 3]
        accounts = [everywhere("21"), everywhere("24")]
        accounts += [everywhere(group, past_due=past_due) for group in sorted(shown)]
        bureaus = tuple(Bureau) if complete else tuple(Bureau)[: pick % 3]
        if not complete:
            accounts = [tuple(row for row in rows if row.bureau in bureaus) for rows in accounts]
        pull = report(now + timedelta(days=days % 3), *(rows for rows in accounts if rows), bureaus=bureaus)
        with suppress(DomainError, Crash):
            self.reports.append(self.case.import_report(pull))

    @rule(pick=picks, group=st.sampled_from(["22", "23"]))
    def open_disputes(self, pick: int, group: str) -> None:
        chosen = self.reports[pick % len(self.reports)]
        keys = [f.finding_key for f in chosen.findings if f.group == group and f.reason is not None]
        if keys:
            selections = tuple(Selection(finding_key=key) for key in keys)
            command = OpenDisputes(consumer_id=self.case.consumer_id, report_id=chosen.id, selections=selections)
            self.ask(command, Role.CONSUMER)

    @rule(pick=picks)
    def sign(self, pick: int) -> None:
        if letter := self.some(Letter, pick):
            self.ask(
                SignLetter(letter_id=letter.id, signature_name=PROFILE.full_name, attestation_version="truth-2026-11"),
                Role.CONSUMER,
            )

    @rule(pick=picks, right=st.sampled_from([True, True, False]), role=st.sampled_from([Role.CONSUMER, Role.OPERATOR]))
    def approve(self, pick: int, right: bool, role: Role) -> None:
        letter = self.some(Letter, pick)
        if letter is None or letter.pdf is None:
            return
        named = letter.pdf.sha256 if right else sha256(b"other bytes").hexdigest()
        if role is Role.CONSUMER:
            attested = {"letter_id": letter.id, "pdf_sha256": named, "attestation_version": "truth-2026-11"}
            self.ask(ApproveLetterAsConsumer.model_validate(attested), role)
        else:
            self.ask(ApproveLetterAsOperator(letter_id=letter.id, pdf_sha256=named), role)

    @rule(pick=picks)
    def void(self, pick: int) -> None:
        if letter := self.some(Letter, pick):
            self.ask(VoidLetter(letter_id=letter.id, reason="changed our mind"), Role.OPERATOR)

    @rule(pick=picks)
    def retry_by_hand(self, pick: int) -> None:
        if mailing := self.some(Mailing, pick):
            self.ask(RetryMailing(mailing_id=mailing.id, reason="looked there"), Role.OPERATOR)

    @rule(pick=picks, by=st.sampled_from([Role.CONSUMER, Role.OPERATOR]))
    def withdraw(self, pick: int, by: Role) -> None:
        if dispute := self.some(Dispute, pick):
            self.ask(WithdrawDispute(dispute_id=dispute.id), by)

    @rule(kind=st.sampled_from(list(ConsentKind)), agrees=st.booleans())
    def think_again(self, kind: ConsentKind, agrees: bool) -> None:
        give = GiveConsent(consumer_id=self.case.consumer_id, kind=kind, text_version="2026-11")
        take_back = WithdrawConsent(consumer_id=self.case.consumer_id, kind=kind)
        self.ask(give if agrees else take_back, Role.CONSUMER)

    @rule(agrees=st.booleans())
    def judge(self, agrees: bool) -> None:
        for dispute in self.world.all(Dispute):
            yes, no = ConfirmOutcome(dispute_id=dispute.id), OverruleOutcome(dispute_id=dispute.id, reason="no")
            self.ask(yes if agrees else no, Role.OPERATOR)

    @rule(pick=picks, days=st.integers(-1, 40))
    def inform(self, pick: int, days: int) -> None:
        if dispute := self.some(Dispute, pick):
            sent_on = self.world.clock.tenant_now(self.world.tenant_id).date() - timedelta(days=days)
            self.ask(RecordInformationSent(dispute_id=dispute.id, sent_on=sent_on), Role.CONSUMER)

    @rule(pick=picks, kind=st.sampled_from([ScanKind.DELIVERED, ScanKind.IN_TRANSIT, ScanKind.RETURNED]))
    def carrier_tells(self, pick: int, kind: ScanKind) -> None:
        pieces = sorted(self.world.post.pieces)
        if pieces:
            self.scans += 1
            now = self.world.clock.tenant_now(self.world.tenant_id)
            scan = TrackingScan(id=f"evnt_{self.scans}", kind=kind, occurred_at=now, provider_event=kind.value)
            event_id = f"evt_{self.scans}"
            self.world.inbox.news[event_id] = PostNews(provider_id=pieces[pick % len(pieces)], scans=(scan,))
            self.ask(ReceivePostWebhook(event_id=event_id), Role.SYSTEM)

    @rule(group=st.sampled_from(["22", "23"]), last=st.integers(0, 6), right=st.booleans())
    def walk_on(self, group: str, last: int, right: bool) -> None:
        """The steps a consumer, an operator, the workers and the carrier take, up to one of them."""
        self.open_disputes(0, group)
        steps = (
            self.sign,
            lambda pick: self.approve(pick, right, Role.CONSUMER),
            lambda pick: self.approve(pick, right, Role.OPERATOR),
            lambda pick: self.work(pick, 12),
            lambda pick: self.carrier_tells(pick, ScanKind.DELIVERED),
            lambda pick: self.work(pick, 12),
        )
        for step in steps[:last]:
            self.work(0, 20)
            for number in range(len(self.world.all(Letter))):
                step(number)

    @rule(failure=post_failures)
    def post_will_fail(self, failure: tuple[Exception, bool]) -> None:
        self.world.post.script.append(failure)

    @rule(error=st.sampled_from([Conflict, Crash]), after=st.integers(0, 2))
    def append_will_fail(self, error: type[Exception], after: int) -> None:
        def strike(left: int) -> None:
            if left:
                self.world.log.before_append.append(lambda: strike(left - 1))
                return
            raise error

        self.world.log.before_append.append(lambda: strike(after))

    @precondition(lambda self: self.floor.due())
    @rule(pick=picks, many=st.integers(1, 12))
    def work(self, pick: int, many: int) -> None:
        for step in range(many):
            if due := self.floor.due():
                self.floor.carry_out(due[(pick + step) % len(due)])

    @precondition(lambda self: self.world.log.jobs)
    @rule(pick=picks)
    def a_job_runs_twice(self, pick: int) -> None:
        keys = list(self.world.log.jobs)
        self.floor.again(keys[pick % len(keys)])

    @precondition(lambda self: self.floor.due())
    @rule(pick=picks, other=picks)
    def two_workers_at_once(self, pick: int, other: int) -> None:
        due = self.floor.due()
        self.world.log.before_append.append(lambda: self.floor.carry_out(due[other % len(due)]))
        self.floor.carry_out(due[pick % len(due)])

    @rule(hours=st.sampled_from([1, 23, 25, 24 * 5, 24 * 20, 24 * 45]))
    def time_passes(self, hours: int) -> None:
        now = self.world.clock.tenant_now(self.world.tenant_id)
        self.world.clock.advance(self.world.tenant_id, now + timedelta(hours=hours))

    @precondition(lambda self: self.waiting())
    @rule(pick=picks, days=st.integers(-1, 1))
    def the_last_day_comes(self, pick: int, days: int) -> None:
        """A timer strikes about the day after which silence may be called a breach."""
        waiting = self.waiting()
        dispute = waiting[pick % len(waiting)]
        assert dispute.deadlines is not None
        zone = ZoneInfo(dispute.time_zone)
        noon = datetime.combine(dispute.deadlines.breach_assertable_on.on, time(12), zone) + timedelta(days=days)
        if noon > self.world.clock.tenant_now(self.world.tenant_id):
            self.world.clock.advance(self.world.tenant_id, noon.astimezone(UTC))
        self.ask(CheckOverdue(dispute_id=dispute.id), Role.SYSTEM)

    @rule(pick=picks)
    def strangers_see_nothing(self, pick: int) -> None:
        for kind, command in ((Dispute, WithdrawDispute), (Letter, VoidLetter)):
            thing = self.some(kind, pick)
            if thing is None:
                continue
            asked = {"dispute_id": thing.id} if kind is Dispute else {"letter_id": thing.id, "reason": "x"}
            neighbour = self.world.caller(Role.CONSUMER, self.stranger)
            elsewhere = self.world.caller(Role.OWNER).model_copy(update={"tenant_id": uuid4()})
            for caller in (neighbour, elsewhere):
                try:
                    self.world.bus.handle(command.model_validate(asked), caller)
                except NotFound:
                    continue
                raise AssertionError(f"{kind.__name__} was reached by somebody it does not belong to")

    def streams(self, kind: type[Aggregate]) -> Iterator[list[Event]]:
        for (_, aggregate_id), events in self.world.log.streams.items():
            if events[0].originator_topic == kind.TOPIC:  # type: ignore[attr-defined]
                assert events[0].originator_id == aggregate_id
                yield events

    @invariant()
    def only_approved_bytes_are_handed_over(self) -> None:
        handed = {piece.letter_sha256 for piece in self.world.post.pieces.values()}
        released = set()
        for events in self.streams(Letter):
            by_consumer = by_operator = None
            for event in events:
                if isinstance(event, Letter.Rendered | Letter.ApprovalsExpired):
                    by_consumer = by_operator = None
                elif isinstance(event, Letter.ConsumerApproved):
                    by_consumer = event.pdf_sha256
                elif isinstance(event, Letter.OperatorApproved):
                    by_operator = event.pdf_sha256
                elif isinstance(event, Letter.Submitted):
                    assert event.pdf_sha256 == by_consumer == by_operator
                    released.add(event.pdf_sha256)
        assert handed <= released

    @invariant()
    def no_letter_is_on_paper_twice(self) -> None:
        held = [piece for name, piece in self.world.post.pieces.items() if name not in self.world.post.cancelled]
        letters = Counter(self.world.get(Mailing, UUID(piece.mailing_id)).letter_id for piece in held)
        assert all(count == 1 for count in letters.values())

    @invariant()
    def a_dispute_ends_once_and_only_from_a_proposal(self) -> None:
        for events in self.streams(Dispute):
            ends = [n for n, e in enumerate(events) if isinstance(e, Dispute.Closed)]
            assert len(ends) <= 1
            for end in ends:
                closed = events[end]
                proposals = (Dispute.Evaluated, Dispute.OutcomeContradicted, Dispute.OutcomeOverruled)
                proposal = next(event for event in reversed(events[:end]) if isinstance(event, proposals))
                assert isinstance(proposal, Dispute.Evaluated)
                assert isinstance(closed, Dispute.Closed)
                assert (closed.outcome, closed.report_id) == (proposal.outcome, proposal.report_id)
                assert [type(event) for event in events[end + 1 :]] in ([], [Dispute.Reinserted])

    @invariant()
    def nobody_is_accused_early(self) -> None:
        for events in self.streams(Dispute):
            latest, zone = None, "UTC"
            for event in events:
                if isinstance(event, Dispute.Received | Dispute.DeadlineExtended):
                    assert latest is None or event.deadlines.breach_assertable_on.on > latest
                    latest, zone = event.deadlines.breach_assertable_on.on, event.time_zone
                elif isinstance(event, Dispute.BecameOverdue):
                    assert latest is not None
                    assert event.timestamp.astimezone(ZoneInfo(zone)).date() > latest

    @invariant()
    def a_partial_report_settles_nothing(self) -> None:
        for events in self.streams(Dispute):
            opened = events[0]
            assert isinstance(opened, Dispute.Opened)
            for event in events:
                if isinstance(event, Dispute.Evaluated):
                    assert self.world.get(Report, event.report_id).gate(opened.bureau).complete

    @invariant()
    def an_item_stands_in_one_open_letter(self) -> None:
        open_letters = [x for x in self.world.all(Letter) if x.status.value not in ("void", "submitted")]
        items = Counter(dispute_id for letter in open_letters for dispute_id in letter.dispute_ids)
        assert all(count == 1 for count in items.values())

    def teardown(self) -> None:
        if not hasattr(self, "floor"):
            return
        self.world.log.before_append.clear()
        self.world.post.script.clear()
        self.floor.settle()
        for check in (
            self.only_approved_bytes_are_handed_over,
            self.no_letter_is_on_paper_twice,
            self.what_is_asked_is_what_there_is_to_do,
        ):
            check()

    def what_is_asked_is_what_there_is_to_do(self) -> None:
        """Once every job is done: no task about what is over, and none missing about what waits for a person."""
        tasks = [task for task in self.world.all(Task) if task.status is TaskStatus.OPEN]
        asked = Counter(task.kind for task in tasks)
        proposed = {d.id for d in self.world.all(Dispute) if d.status is DisputeStatus.EVALUATED}
        late = {d.id for d in self.world.all(Dispute) if d.status is DisputeStatus.OVERDUE}
        approvable = {x.id for x in self.world.all(Letter) if x.status is LetterStatus.CONSUMER_APPROVED}
        about = {kind: {task.about_id for task in tasks if task.kind is kind} for kind in TaskKind}
        assert about[TaskKind.CONFIRM_OUTCOME] == proposed
        assert late <= about[TaskKind.OVERDUE_DISPUTE] <= late | proposed
        assert about[TaskKind.APPROVE_LETTER] == approvable
        stopped = {mailing.id for mailing in self.world.all(Mailing) if mailing.status is MailingStatus.REJECTED}
        assert about[TaskKind.MAILING_REJECTED] <= stopped
        lost = {mailing.id for mailing in self.world.all(Mailing) if mailing.status is MailingStatus.LOST}
        assert about[TaskKind.MAILING_LOST] == lost
        assert {kind for kind in TaskKind if asked[kind] > len(about[kind])} <= {TaskKind.LETTER_REFUSED}


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True, phases=[Phase.generate]
)
