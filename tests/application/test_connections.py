"""A consumer lets a provider of reports in, once for each time they agree, and shuts it out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from application.connections import (
    BeginConnection,
    CompleteConnection,
    ConnectAgain,
    EndLink,
    RevokeConnection,
    UnknownProvider,
    party_of,
)
from application.consents import UnknownText
from application.consumers import EraseConsumer, WithdrawConsent
from application.feeding import FeedBusy, FeedRefused, LinkRefused
from application.kernel import Conflict
from application.ports import NotYet
from domain.connections import MANUAL_UPLOAD, PURPOSE, AlreadyConnected, Connection, ConnectionStatus
from domain.consumers import ConsentKind, ConsentMissing, Consumer
from domain.kernel import Forbidden, NotFound, Role
from tests.support.floor import Crash, Fate
from tests.support.linked import Linked
from tests.support.scenarios import when

S = ConnectionStatus


@pytest.fixture
def linked() -> Linked:
    return Linked()


def begin(linked: Linked, **other: Any) -> BeginConnection:
    facts = {"consumer_id": linked.case.consumer_id, "provider": linked.provider, "text_version": "2026-11"}
    return BeginConnection.model_validate(facts | other)


def test_setting_out_records_the_written_instructions_and_their_purpose(linked: Linked) -> None:
    linked.do(WithdrawConsent(consumer_id=linked.case.consumer_id, kind=ConsentKind.CREDIT_PULL))
    answer = linked.do(begin(linked))
    assert answer == {"connection_id": linked.id, "version": 2}
    (begun,) = [e for e in linked.world.events(linked.id) if isinstance(e, Connection.Begun)]
    consumer_events = linked.world.events(linked.case.consumer_id)
    given = [e for e in consumer_events if isinstance(e, Consumer.ConsentGiven) and e.kind is ConsentKind.CREDIT_PULL]
    assert (begun.purpose, begun.text_version, begun.ip) == (PURPOSE, "2026-11", "192.0.2.7")
    assert (len(given), begun.text_sha256) == (2, given[-1].text_sha256)
    assert linked.connection.status is S.PENDING


def test_only_the_consumer_themselves_can_connect_a_provider(linked: Linked) -> None:
    for role in (Role.OWNER, Role.OPERATOR):
        with pytest.raises(Forbidden):
            when(linked.world, begin(linked), role)
    with pytest.raises(NotFound):
        when(linked.world, begin(linked), Role.CONSUMER, uuid4())


def test_a_text_or_a_provider_that_is_not_offered_is_refused(linked: Linked) -> None:
    assert isinstance(linked.refusal(begin(linked, text_version="1999-01")), UnknownText)
    assert isinstance(linked.refusal(begin(linked, provider="nobody")), UnknownProvider)
    assert linked.world.events(linked.id) == []


def test_coming_back_with_a_code_lets_the_provider_in(linked: Linked) -> None:
    answer = linked.complete(linked.begin())
    connection = linked.connection
    assert answer == {"connection_id": linked.id, "version": 3}
    assert (connection.status, len(connection.account_digest)) == (S.ACTIVE, 64)
    assert isinstance(linked.refusal(begin(linked)), AlreadyConnected)


def test_a_provider_that_does_not_name_the_consumer_leaves_no_digest(linked: Linked) -> None:
    linked.feed.subject = ""
    assert linked.connect().connection.account_digest == ""


def test_nothing_secret_stands_in_the_log_or_in_a_repr(linked: Linked) -> None:
    state = linked.begin()
    command = CompleteConnection(connection_id=linked.id, state=state, code="s3cret-code")
    linked.do(command)
    log = linked.world.log
    stored = repr((log.streams, log.jobs, log.metadata, log.commands, command))
    assert not [secret for secret in (state, "s3cret-code", linked.feed.subject) if secret in stored]


def test_the_code_is_exchanged_once_though_the_log_refuses_the_append_twice(linked: Linked) -> None:
    state = linked.begin()

    def refuse() -> None:
        raise Conflict

    def twice() -> None:
        linked.world.log.before_append.append(refuse)
        raise Conflict

    linked.world.log.before_append.append(twice)
    linked.complete(state)
    assert (linked.feed.times("complete_link"), linked.connection.status) == (1, S.ACTIVE)


def test_after_a_crash_between_exchange_and_append_the_consumer_begins_again(linked: Linked) -> None:
    state = linked.begin()

    def crash() -> None:
        raise Crash

    linked.world.log.before_append.append(crash)
    with pytest.raises(Crash):
        linked.complete(state)
    repeated = linked.refusal(CompleteConnection(connection_id=linked.id, state=state, code="s3cret-code"))
    assert (repeated.code, repeated.context) == ("connect_again", {"reason": "state_used"})
    assert linked.connect().connection.status is S.ACTIVE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LinkRefused("exchange_unknown", "the answer was lost"), "exchange_unknown"),
        (LinkRefused("wrong_issuer", "another issuer answered"), "wrong_issuer"),
        (FeedRefused("scope_missing", "reports may not be read"), "scope_missing"),
        (FeedBusy(30, "outage"), "outage"),
    ],
)
def test_an_exchange_that_fails_is_on_record_and_the_consumer_begins_again(
    linked: Linked, error: Exception, code: str
) -> None:
    state = linked.begin()
    linked.feed.script["complete_link"] = [error]
    refused = linked.refusal(CompleteConnection(connection_id=linked.id, state=state, code="s3cret-code"))
    assert (refused.code, refused.context) == ("connect_again", {"reason": code})
    assert (linked.connection.status, linked.connection.trouble) == (S.NEEDS_REAUTH, code)
    assert linked.connect().connection.status is S.ACTIVE


def test_a_consumer_who_says_no_is_heard(linked: Linked) -> None:
    state = linked.begin()
    refused = linked.refusal(CompleteConnection(connection_id=linked.id, state=state, error="access_denied"))
    assert refused.context == {"reason": "access_denied"}
    assert (linked.kinds[-1], linked.connection.trouble) == ("AuthorizationFailed", "access_denied")


@pytest.mark.parametrize("what", ["unknown_state", "state_expired", "another"])
def test_a_state_that_is_not_this_links_changes_nothing(linked: Linked, what: str) -> None:
    state = linked.begin()
    if what == "state_expired":
        linked.world.clock.real += timedelta(minutes=11)
    if what == "another":
        linked.caller = linked.world.caller(Role.CONSUMER, linked.case.consumer_id)
    given = "made up" if what == "unknown_state" else state
    refused = linked.refusal(CompleteConnection(connection_id=linked.id, state=given, code="c"))
    assert isinstance(refused, ConnectAgain)
    assert refused.context == {"reason": "unknown_state" if what == "another" else what}
    assert (linked.connection.status, linked.feed.times("complete_link")) == (S.PENDING, 0)


def test_a_state_of_the_consumers_other_connection_completes_only_that_one(linked: Linked) -> None:
    linked.world.feeds.known["another"] = linked.feed
    linked.begin()
    party = party_of(linked.connection, linked.world.tenant_id)
    elsewhere = replace(party, provider="another", connection_id=uuid4())
    url = linked.feed.begin_link(elsewhere, linked.caller.actor_id, linked.world.clock.now()).url
    state = url.partition("state=")[2]
    refused = linked.refusal(CompleteConnection(connection_id=linked.id, state=state, code="c"))
    assert refused.context == {"reason": "unknown_state"}
    assert (linked.connection.status, linked.feed.times("complete_link")) == (S.PENDING, 0)


def test_coming_back_twice_is_coming_back_once(linked: Linked) -> None:
    state = linked.begin()
    assert linked.complete(state) == linked.complete(state)
    assert linked.feed.times("complete_link") == 1


def test_without_the_consent_or_before_beginning_nothing_is_exchanged(linked: Linked) -> None:
    state = linked.begin()
    linked.do(WithdrawConsent(consumer_id=linked.case.consumer_id, kind=ConsentKind.CREDIT_PULL))
    with pytest.raises(ConsentMissing):
        linked.complete(state)
    linked.begin()
    linked.do(RevokeConnection(connection_id=linked.id))
    assert linked.refusal(CompleteConnection(connection_id=linked.id, state=state, code="c")).context == {
        "reason": "not_begun"
    }
    assert linked.feed.times("complete_link") == 0


def test_a_revocation_during_the_exchange_wins_and_the_new_tokens_end_too(linked: Linked) -> None:
    state = linked.begin()
    linked.feed.before["complete_link"] = [
        lambda: (linked.do(RevokeConnection(connection_id=linked.id)), linked.settle())
    ]
    refused = linked.refusal(CompleteConnection(connection_id=linked.id, state=state, code="c"))
    assert refused.context == {"reason": "ended_meanwhile"}
    assert linked.feed.linked == {linked.id}
    linked.settle()
    assert (linked.connection.status, linked.feed.linked) == (S.REVOKED, set())


def test_revoking_holds_at_once_and_the_provider_is_told_afterwards(linked: Linked) -> None:
    linked.connect()
    linked.do(RevokeConnection(connection_id=linked.id))
    assert (linked.connection.status, linked.feed.linked) == (S.REVOKED, {linked.id})
    linked.do(RevokeConnection(connection_id=linked.id))
    linked.settle()
    assert (linked.feed.linked, linked.kinds.count("Revoked")) == (set(), 1)


def test_a_provider_that_is_busy_is_told_again_and_one_that_refuses_is_left(linked: Linked) -> None:
    linked.connect().settle()
    linked.do(RevokeConnection(connection_id=linked.id))
    linked.feed.script["unlink"] = [FeedBusy(2, "outage"), LinkRefused("no_tokens", "there are none")]
    with pytest.raises(NotYet) as later:
        linked.world.when(EndLink(connection_id=linked.id))
    assert later.value.seconds == 5
    assert linked.floor.carry_out(linked.job("EndLink")) is Fate.DONE
    assert linked.feed.times("unlink") == 2


def test_a_provider_that_cannot_be_told_for_a_day_keeps_no_token_alive_here(linked: Linked) -> None:
    linked.connect().settle()
    linked.do(RevokeConnection(connection_id=linked.id))
    linked.feed.script["unlink"] = [FeedBusy(2, "outage")] * 3
    job = linked.job("EndLink")
    assert linked.floor.carry_out(job) is Fate.SNOOZED
    linked.world.clock.real += timedelta(hours=23)
    assert linked.floor.carry_out(job) is Fate.SNOOZED
    assert linked.feed.linked == {linked.id}
    linked.world.clock.real += timedelta(hours=2)
    assert linked.floor.carry_out(job) is Fate.DONE
    assert linked.feed.linked == set()


@pytest.mark.parametrize("made", [True, False], ids=["made", "under way"])
def test_a_link_that_is_made_anew_is_not_ended_by_the_old_revocation(linked: Linked, made: bool) -> None:
    linked.connect()
    linked.do(RevokeConnection(connection_id=linked.id))
    key = linked.job("EndLink")
    state = linked.begin()
    linked.feed.script["unlink"] = [AssertionError("the link under way would be lost")]
    if made:
        linked.complete(state)
    assert linked.floor.carry_out(key) is (Fate.DONE if made else Fate.SNOOZED)
    linked.complete(state)
    if not made:
        assert linked.floor.carry_out(key) is Fate.DONE
    assert (linked.connection.status, linked.feed.linked) == (S.ACTIVE, {linked.id})


def test_who_sets_out_anew_after_a_revocation_and_never_comes_back_leaves_no_token_alive(linked: Linked) -> None:
    linked.connect()
    linked.do(RevokeConnection(connection_id=linked.id))
    key = linked.job("EndLink")
    linked.begin()
    for _ in range(2):
        assert (linked.floor.carry_out(key), linked.feed.linked) == (Fate.SNOOZED, {linked.id})
        linked.world.clock.real += timedelta(hours=13)
    assert (linked.floor.carry_out(key), linked.feed.linked) == (Fate.DONE, set())


def test_the_tokens_of_a_provider_that_is_not_to_be_had_any_more_are_destroyed_too(linked: Linked) -> None:
    linked.connect().settle()
    party = party_of(linked.connection, linked.world.tenant_id)
    linked.do(RevokeConnection(connection_id=linked.id))
    linked.world.feeds.known.clear()
    assert linked.floor.carry_out(linked.job("EndLink")) is Fate.DONE
    assert linked.links.destroyed == [party]


def test_a_connection_for_uploads_works_at_once() -> None:
    linked = Linked(MANUAL_UPLOAD)
    linked.do(begin(linked))
    assert (linked.connection.status, linked.kinds) == (S.ACTIVE, ["Opened", "Begun", "Authorized"])


@pytest.mark.parametrize("error", [None, FeedBusy(9, "outage"), FeedRefused("scope_missing", "no")])
def test_an_erased_persons_provider_is_told_if_it_listens_and_keeps_nothing_waiting(
    linked: Linked, error: Exception | None
) -> None:
    linked.connect().settle()
    linked.feed.script["unlink"] = [error] if error else []
    told: list[bool] = []
    held = (linked.world.tenant_id, linked.case.consumer_id)
    linked.feed.before["unlink"] = [lambda: told.append(held in linked.world.keys.held)]
    when(linked.world, EraseConsumer(consumer_id=linked.case.consumer_id), Role.OWNER)
    linked.settle()
    assert told == [True]
    assert (linked.connection.status, linked.feed.times("unlink")) == (S.REVOKED, 1)
    assert (held in linked.world.keys.held, linked.links.forgotten) == (False, [linked.case.consumer_id])
    assert linked.world.get(Consumer, linked.case.consumer_id).forgotten


def test_query_tables_that_lag_do_not_keep_an_erased_persons_tokens_alive(linked: Linked) -> None:
    linked.connect().settle()
    when(linked.world, EraseConsumer(consumer_id=linked.case.consumer_id), Role.OWNER)
    linked.world.reads.lagging = True
    linked.world.reads.connections_of_consumer = lambda tenant_id, consumer_id: []  # type: ignore[method-assign]
    key = linked.job("PurgeConsumer")
    assert linked.floor.carry_out(key) is Fate.SNOOZED
    assert (linked.links.forgotten, linked.world.keys.held) == ([linked.case.consumer_id], set())
    linked.world.reads.lagging = False
    del linked.world.reads.connections_of_consumer
    assert linked.floor.carry_out(key) is Fate.DONE
    assert linked.connection.status is S.REVOKED


def test_a_connection_that_the_query_tables_show_only_later_ends_with_the_erasure_too(linked: Linked) -> None:
    linked.connect().settle()
    reads, seen = linked.world.reads, linked.world.reads.connections_of_consumer
    shown = iter([[], seen(linked.world.tenant_id, linked.case.consumer_id)])
    reads.connections_of_consumer = lambda tenant_id, consumer_id: next(shown)  # type: ignore[method-assign]
    when(linked.world, EraseConsumer(consumer_id=linked.case.consumer_id), Role.OWNER)
    assert linked.floor.carry_out(linked.job("PurgeConsumer")) is Fate.DONE
    assert (linked.connection.status, linked.feed.times("unlink")) == (S.REVOKED, 0)
    linked.settle()
    assert linked.feed.times("unlink") == 0
