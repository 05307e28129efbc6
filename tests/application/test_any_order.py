"""Jobs run in whatever order workers take them: the case comes to the same in every one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from random import Random

import pytest

from application.disputes import ConfirmOutcome, OverruleOutcome
from application.ports import PostNews
from application.reopening import ReopenDispute
from application.webhooks import ReceivePostWebhook
from domain.bureaus import Bureau
from domain.credit_reports import BureauTradeline
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Aggregate, Role
from domain.letters import Letter
from domain.mailings import Mailing
from domain.notifications import Notification
from domain.partial_dates import PartialDate
from domain.reconciliation import Outcome
from domain.reports import Report
from domain.tasks import Task
from domain.tracking import ScanKind, TrackingScan
from tests.support.cases import Case, delivered, everywhere, report, row
from tests.support.world import World

SEEDS = range(40)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAILED_AT = datetime(2026, 1, 6, 19, tzinfo=UTC)
SCANS = (
    TrackingScan(id="evnt_1", kind=ScanKind.MAILED, occurred_at=MAILED_AT, provider_event="Mailed"),
    delivered(number=2),
)
Rows = tuple[BureauTradeline, ...]


def known(case: Case) -> dict[str, str]:
    """A name for every id, by what it stands for."""
    world, names = case.world, {str(case.consumer_id): "consumer"}
    for number, pull in enumerate(sorted(world.all(Report), key=lambda pull: pull.read().pulled_on), start=1):
        names[str(pull.id)] = f"report {number}"
    for dispute in world.all(Dispute):
        assert dispute.challenge is not None
        what = f"{dispute.challenge.item.account_masked} at {dispute.bureau.value}"
        names[str(dispute.tradeline_id)] = what.partition(" at ")[0]
        names[str(dispute.id)] = f"dispute {dispute.round} of {what}"
    for letter in world.all(Letter):
        names[str(letter.id)] = "letter about " + ", ".join(sorted(names[str(one)] for one in letter.dispute_ids))
    for mailing in world.all(Mailing):
        names[str(mailing.id)] = f"mailing of {names[str(mailing.letter_id)]}"
    return names


def account(case: Case) -> list[str]:
    """Everything the case has come to, in words that do not depend on ids."""
    names = known(case)

    def told(one: Aggregate, *facts: str) -> str:
        said = f"{type(one).__name__} {names.get(str(one.id), '')} " + repr([getattr(one, fact) for fact in facts])
        return ID.sub(lambda found: names.get(found[0], "somebody"), said)

    def all_told() -> Iterator[str]:
        world = case.world
        for dispute in world.all(Dispute):
            yield told(
                dispute, "status", "outcome", "provisional", "received_on", "deadlines", "considered", "proposed_from",
                "repeated_from", "confirmed_from", "reinserted_in", "letter_id", "mailing_id",
            )  # fmt: skip
        for pull in world.all(Report):
            found = sorted((f.detector, f.bureaus, f.group, f.assertable) for f in pull.findings)
            yield told(pull, "status", "gates") + ID.sub(lambda one: names.get(one[0], "somebody"), repr(found))
        for letter in world.all(Letter):
            yield told(letter, "status")
        for mailing in world.all(Mailing):
            yield told(mailing, "status")
        for task in world.all(Task):
            yield told(task, "kind", "about_id", "status")
        for message in world.all(Notification):
            yield told(message, "kind", "about_id")

    return sorted(all_told())


def bring(case: Case, on: date, *tradelines: Rows) -> None:
    case.import_report(report(on, *tradelines))
    case.world.settle()


def move(case: Case, on: date) -> None:
    case.world.clock.advance(case.world.tenant_id, datetime(on.year, on.month, on.day, 15, tzinfo=UTC))
    case.world.settle()


def ended(case: Case, outcome: Outcome) -> Iterator[Dispute]:
    evaluated = [dispute for dispute in case.world.all(Dispute) if dispute.status is DisputeStatus.EVALUATED]
    return (dispute for dispute in sorted(evaluated, key=lambda one: one.bureau) if dispute.outcome is outcome)


def walked(seed: int | None) -> list[str]:
    """Two accounts from the first report to a return, with the jobs of each step in an order of this seed's."""
    world = World()
    if seed is not None:
        order = Random(seed)
        world.pick = lambda due: [order.choice(due)]
    case = Case(world)
    case.to_posted("22", "23")
    for number, provider_id in enumerate(world.post.pieces):
        for scan in SCANS:
            told = f"evt_{number}_{scan.id}"
            world.inbox.news[told] = PostNews(provider_id=provider_id, scans=(scan,))
            world.when(ReceivePostWebhook(event_id=told))
    world.settle()
    unmoved, stubborn = (row(Bureau.EXPERIAN, "22", past_due=8_000),), everywhere("23", past_due=150_000)
    healthy = everywhere("21"), everywhere("24"), unmoved
    put_right = everywhere("23", past_due=0, dispute_flag=False, reported=PartialDate(year=2026, month=1, day=20))
    bring(case, date(2026, 1, 29), *healthy, stubborn)
    for dispute in ended(case, Outcome.DELETED):
        is_mixed_up = dispute.bureau is Bureau.TRANSUNION
        overrule = OverruleOutcome(dispute_id=dispute.id, reason="a mix-up")
        world.when(overrule if is_mixed_up else ConfirmOutcome(dispute_id=dispute.id), Role.OPERATOR)
    bring(case, date(2026, 2, 10), *healthy, put_right)
    bring(case, date(2026, 2, 20), *healthy, put_right)
    move(case, date(2026, 3, 2))
    back = (row(Bureau.EQUIFAX, "22", past_due=8_000), *unmoved)
    bring(case, date(2026, 3, 5), *healthy[:2], put_right, back)
    for dispute in world.all(Dispute):
        if dispute.outcome is Outcome.REINSERTED:
            case.as_consumer(ReopenDispute(dispute_id=dispute.id))
    world.settle()
    move(case, date(2026, 6, 1))
    assert not world.failed
    return account(case)


@cache
def in_order() -> list[str]:
    """The account where every job is done as soon as it is stored."""
    return walked(None)


@pytest.mark.parametrize(
    "word",
    ["CORRECTED", "REINSERTED", "DELETED", "OVERDUE", "DONE", "D46", *Bureau.__members__],
)
def test_the_walk_meets_what_can_race(word: str) -> None:
    assert word in "\n".join(in_order())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_case_comes_to_the_same_in_any_order_of_its_jobs(seed: int) -> None:
    assert walked(seed) == in_order()
