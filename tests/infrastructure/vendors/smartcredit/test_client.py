"""The adapter on a provider that goes wrong in every way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from application.feeding import Callback, CreditFeed, FeedAuth, FeedBusy, FeedProblem, FeedRefused, LinkRefused
from domain.bureaus import Bureau
from domain.consumers import ConsumerErased
from infrastructure.feed_tokens import Tokens
from infrastructure.postgres import Connection
from infrastructure.vendors.smartcredit.client import CAPABILITIES, SmartCredit
from tests.support.odd_provider import Answer, Client, OddProvider, start_of_time, tokens

SCORE = {"bureau": "equifax", "model": "V3", "value": 640, "as_of": "2026-01-05"}
SCORES = Answer(body={"scores": [SCORE]})
UNAUTHORIZED = Answer(401, {"error": "invalid_token"})


def problem_of(attempt: Callable[[], object]) -> FeedProblem:
    with pytest.raises(FeedProblem) as problem:
        attempt()
    for secret in ("access-", "refresh-", "a-code", "s:cr+t"):
        assert secret not in str(problem.value)
    return problem.value


def refused(attempt: Callable[[], object]) -> str:
    problem = problem_of(attempt)
    assert isinstance(problem, LinkRefused)
    return problem.code


def test_the_adapter_says_what_it_can_do(client: Client) -> None:
    feed: CreditFeed = client.feed
    assert feed.capabilities == CAPABILITIES
    assert feed.capabilities.auth is FeedAuth.CODE_PKCE
    assert isinstance(feed, SmartCredit)


def test_a_link_is_made_with_one_exchange(client: Client, provider: OddProvider) -> None:
    link = client.link()
    assert (link.subject, link.scopes) == ("", ("reports:read",))
    assert (client.kept.access, client.kept.refresh) == ("access-1", "refresh-1")
    assert provider.times("/token") == 1


def test_a_code_is_never_exchanged_twice(client: Client, provider: OddProvider) -> None:
    url, asked = client.begin()
    provider.says("/token", Answer(hang_s=0, cut=True, body=tokens(1)))
    assert refused(lambda: client.complete(state=asked["state"])) == "exchange_unknown"
    assert refused(lambda: client.complete(state=asked["state"])) == "state_used"
    again = Callback(state=asked["state"], code="a-code")
    assert refused(lambda: client.feed.complete_link(client.party, again, start_of_time())) == "unknown_state"
    assert provider.times("/token") == 1
    assert client.tokens.find(client.party) is None
    assert asked["state"] in url


@pytest.mark.parametrize("back", [{"iss": "https://other.example"}, {"error": "access_denied", "code": None}])
def test_what_another_sent_back_is_not_exchanged(
    client: Client, provider: OddProvider, back: dict[str, str | None]
) -> None:
    assert refused(lambda: client.link(**back)) in ("wrong_issuer", "access_denied")
    assert provider.asked == []


def test_tokens_whose_owner_is_not_named_are_revoked_and_not_kept(
    pool: ConnectionPool[Connection], provider: OddProvider
) -> None:
    client = Client(pool, provider.endpoints(scope="openid reports:read"))
    assert refused(client.link) == "code_refused"
    provider.says("/token", Answer(body=tokens(2, id_token="a.b.c")))
    assert refused(client.link) == "code_refused"
    assert client.tokens.find(client.party) is None
    revoked = [asked.form["token"] for asked in provider.asked if asked.path == "/revoke"]
    assert revoked == ["refresh-1", "access-1", "refresh-2", "access-2"]


def test_a_consumer_erased_during_the_exchange_has_no_link(client: Client, provider: OddProvider) -> None:
    state = client.begin()[1]["state"]
    client.links.claim(client.party.tenant_id, client.user_id, state, start_of_time())
    taken = client.links.take(client.party, state)
    assert taken.redirect_uri == client.endpoints.redirect_uri
    client.keyring.destroy(client.party.tenant_id, client.party.consumer_id)
    with pytest.raises(ConsumerErased):
        client.begin()
    assert provider.asked == []


def test_resources_are_asked_for_with_the_token(client: Client, provider: OddProvider) -> None:
    client.link()
    provider.usual["/scores"] = SCORES
    scores = client.feed.fetch_scores(client.party)
    assert [(score.bureau, score.value, score.as_of) for score in scores] == [(Bureau.EQUIFAX, 640, date(2026, 1, 5))]
    assert provider.last("/scores").headers["authorization"] == "Bearer access-1"
    assert provider.last("/scores").query == {}


def test_without_a_link_nothing_is_asked(client: Client, provider: OddProvider) -> None:
    assert refused(lambda: client.feed.fetch_scores(client.party)) == "no_tokens"
    client.link()
    other = replace(client.party, consumer_id=client.another(client.party.tenant_id).consumer_id)
    assert refused(lambda: client.feed.fetch_scores(other)) == "no_tokens"
    assert provider.times("/scores") == 0


def test_a_token_that_is_not_accepted_is_renewed_once_and_tried_once_more(
    client: Client, provider: OddProvider
) -> None:
    client.link()
    provider.usual["/scores"] = SCORES
    provider.says("/scores", UNAUTHORIZED)
    assert len(client.feed.fetch_scores(client.party)) == 1
    assert (provider.times("/token"), provider.times("/scores"), client.kept.access) == (2, 2, "access-2")
    provider.says("/scores", UNAUTHORIZED, UNAUTHORIZED, UNAUTHORIZED)
    assert refused(lambda: client.feed.fetch_scores(client.party)) == "token_refused"
    assert (provider.times("/token"), provider.times("/scores")) == (3, 4)


def test_tokens_about_to_run_out_are_renewed_first(client: Client, provider: OddProvider) -> None:
    client.link()
    client.tokens.keep(client.party, Tokens("access-old", "refresh-old", ("s",), timedelta(seconds=-1)))
    provider.usual["/scores"] = SCORES
    client.feed.fetch_scores(client.party)
    assert [asked.path for asked in provider.asked[1:]] == ["/token", "/scores"]
    assert provider.last("/scores").headers["authorization"] == "Bearer access-2"


def test_eight_at_once_renew_once(client: Client, provider: OddProvider) -> None:
    client.link()
    client.tokens.keep(client.party, Tokens("access-old", "refresh-old", ("s",), timedelta(seconds=-1)))
    provider.usual["/scores"] = SCORES
    provider.says("/token", Answer(body=tokens(2), hang_s=0.3))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: client.feed.fetch_scores(client.party), range(8)))
    assert [len(scores) for scores in found] == [1] * 8
    assert provider.times("/token") == 2
    assert {a.headers["authorization"] for a in provider.asked if a.path == "/scores"} == {"Bearer access-2"}


def test_after_a_lost_renewal_the_provider_is_asked_again_and_its_refusal_is_final(
    client: Client, provider: OddProvider
) -> None:
    client.link()
    provider.says("/scores", UNAUTHORIZED, UNAUTHORIZED)
    provider.says("/token", Answer(body=tokens(2), cut=True), Answer(400, {"error": "invalid_grant"}))
    lost = problem_of(lambda: client.feed.fetch_scores(client.party))
    assert isinstance(lost, FeedBusy)
    assert refused(lambda: client.feed.fetch_scores(client.party)) == "token_refused"
    assert refused(lambda: client.feed.fetch_scores(client.party)) == "no_tokens"
    shown = [asked.form.get("refresh_token") for asked in provider.asked if asked.path == "/token"]
    assert shown == [None, "refresh-1", "refresh-1"]


def test_what_is_renewed_for_a_link_that_ended_meanwhile_is_revoked(client: Client, provider: OddProvider) -> None:
    client.link()
    provider.says("/scores", UNAUTHORIZED)
    provider.says("/token", Answer(body=tokens(2), hang_s=0.6))
    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(lambda: refused(lambda: client.feed.fetch_scores(client.party)))
        while provider.times("/token") < 2:
            time.sleep(0.01)
        client.feed.unlink(client.party)
        assert asking.result() == "no_tokens"
    revoked = [asked.form["token"] for asked in provider.asked if asked.path == "/revoke"]
    assert revoked == ["refresh-1", "access-1", "refresh-2", "access-2"]


@pytest.mark.parametrize(
    ("answer", "kind", "pause"),
    [
        (Answer(403), FeedRefused, None),
        (Answer(404), FeedRefused, None),
        (Answer(429, headers={"Retry-After": "17"}), FeedBusy, 17),
        (Answer(503, headers={"Retry-After": "999999"}), FeedBusy, 3600),
        (Answer(500), FeedBusy, 5),
        (Answer(body={"scores": [SCORE]}, cut=True), FeedBusy, 5),
        (Answer(body=b'{"scores": ['), FeedBusy, 5),
        (Answer(body={"scores": [{**SCORE, "value": "a lot"}]}), FeedRefused, None),
        (Answer(302, headers={"Location": "https://other.example"}), FeedRefused, None),
    ],
)
def test_a_problem_lasts_or_passes_and_costs_no_token(
    client: Client, provider: OddProvider, answer: Answer, kind: type[FeedProblem], pause: float | None
) -> None:
    client.link()
    provider.says("/scores", answer)
    problem = problem_of(lambda: client.feed.fetch_scores(client.party))
    assert type(problem) is kind
    assert getattr(problem, "retry_after_seconds", None) == pause
    assert provider.times("/token") == 1
    assert client.kept.access == "access-1"


def test_a_report_is_ordered_under_our_key(client: Client, provider: OddProvider) -> None:
    client.link()
    pending = Answer(202, {"id": "ord_1", "status": "pending"}, {"Retry-After": "9"})
    provider.says("/reports", pending, Answer(200, {"id": "ord_1", "status": "ready", "as_of": "2026-01-05"}))
    order = client.feed.order(client.party, (Bureau.EQUIFAX,), "a-key")
    assert (order.order_id, order.ready, order.retry_after_seconds) == ("ord_1", False, 9)
    asked = provider.last("/reports")
    assert (asked.method, asked.headers["idempotency-key"]) == ("POST", "a-key")
    assert json.loads(asked.body) == {"bureaus": ["equifax"]}
    assert client.feed.order(client.party, (), "a-key").ready


def test_a_report_is_its_bytes_with_the_providers_count(client: Client, provider: OddProvider) -> None:
    client.link()
    provider.says("/reports/ord_1", Answer(202, {}, {"Retry-After": "9"}))
    waiting = problem_of(lambda: client.feed.fetch_report(client.party, "ord_1"))
    assert isinstance(waiting, FeedBusy)
    assert (waiting.reason, waiting.retry_after_seconds) == ("report_not_ready", 9)
    raw = b"\x00\xff" * 1_500_000
    provider.says("/reports/ord_1", Answer(body=raw, headers={"Content-Type": "application/xml"}))
    provider.usual["/tradelines"] = Answer(body={"tradelines": [{"bureau": "equifax", "ref": "t1"}]})
    report = client.feed.fetch_report(client.party, "ord_1")
    assert (report.content, report.media_type) == (raw, "application/xml")
    assert report.tradelines == {Bureau.EQUIFAX: 1, Bureau.EXPERIAN: 0, Bureau.TRANSUNION: 0}
    assert provider.last("/tradelines").query == {"report": "ord_1"}


@pytest.mark.parametrize(
    "answer", [Answer(body=b""), Answer(204, b""), Answer(body=b"x" * 100, cut=True), Answer(body=b"x" * 20_000_001)]
)
def test_a_report_that_did_not_come_whole_is_no_report(client: Client, provider: OddProvider, answer: Answer) -> None:
    client.link()
    provider.says("/reports/ord_1", answer)
    assert isinstance(problem_of(lambda: client.feed.fetch_report(client.party, "ord_1")), FeedBusy)


@pytest.mark.parametrize("order_id", ["", "../token", "a/b", "a?b=c", "..", "é", "a b", "a%2fb"])
def test_an_order_id_leads_nowhere_else(client: Client, provider: OddProvider, order_id: str) -> None:
    client.link()
    problem = problem_of(lambda: client.feed.fetch_report(client.party, order_id))
    assert isinstance(problem, FeedRefused)
    assert len(provider.asked) == 1


def test_alerts_are_read_from_a_cursor_on(client: Client, provider: OddProvider) -> None:
    client.link()
    alert = {"id": "a1", "bureau": "equifax", "kind": "new_inquiry", "occurred_on": "2026-01-05", "text": "t"}
    provider.usual["/alerts"] = Answer(body={"alerts": [alert], "next": "1"})
    assert client.feed.fetch_alerts(client.party, "").cursor == "1"
    assert provider.last("/alerts").query == {}
    found = client.feed.fetch_alerts(client.party, "a cursor&x=1")
    assert [alert.alert_id for alert in found.alerts] == ["a1"]
    assert provider.last("/alerts").query == {"after": "a cursor&x=1"}


def test_unlinking_revokes_destroys_and_may_be_repeated(client: Client, provider: OddProvider) -> None:
    client.link()
    state = client.begin()[1]["state"]
    provider.says("/revoke", Answer(503))
    assert isinstance(problem_of(lambda: client.feed.unlink(client.party)), FeedBusy)
    assert client.kept.access == "access-1"
    client.feed.unlink(client.party)
    assert client.tokens.find(client.party) is None
    assert refused(lambda: client.complete(state=state)) == "unknown_state"
    asked = len(provider.asked)
    client.feed.unlink(client.party)
    assert len(provider.asked) == asked


def test_tokens_renewed_while_the_link_was_being_ended_are_ended_too(client: Client, provider: OddProvider) -> None:
    client.link()
    first = client.kept
    provider.says("/revoke", Answer(hang_s=0.6))
    with ThreadPoolExecutor(1) as thread:
        ending = thread.submit(lambda: problem_of(lambda: client.feed.unlink(client.party)))
        while not provider.times("/revoke"):
            time.sleep(0.01)
        client.tokens.renewed(client.party, first.generation, lambda _: Tokens("access-2", "refresh-2", (), None))
        problem = ending.result()
    assert isinstance(problem, FeedBusy)
    assert problem.reason == "renewed_meanwhile"
    client.feed.unlink(client.party)
    assert client.tokens.find(client.party) is None
    revoked = [asked.form["token"] for asked in provider.asked if asked.path == "/revoke"]
    assert revoked == ["refresh-1", "access-1", "refresh-2", "access-2"]


def test_tokens_that_the_database_does_not_take_are_revoked(
    client: Client, provider: OddProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise psycopg.OperationalError("the disk is full")

    monkeypatch.setattr(client.tokens, "keep", full)
    with pytest.raises(psycopg.OperationalError):
        client.link()
    revoked = [asked.form["token"] for asked in provider.asked if asked.path == "/revoke"]
    assert revoked == ["refresh-1", "access-1"]


@pytest.mark.parametrize(
    "answer", [Answer(400, {"error": "invalid_request"}), Answer(401, {"error": "invalid_client"})]
)
def test_where_nobody_listens_the_tokens_are_destroyed_all_the_same(
    client: Client, provider: OddProvider, answer: Answer
) -> None:
    client.link()
    provider.says("/revoke", answer)
    assert isinstance(problem_of(lambda: client.feed.unlink(client.party)), FeedRefused)
    assert client.tokens.find(client.party) is None


def test_a_provider_that_cannot_be_told_to_the_last_keeps_no_tokens_here(client: Client, provider: OddProvider) -> None:
    client.link()
    provider.says("/revoke", Answer(503))
    assert isinstance(problem_of(lambda: client.feed.unlink(client.party, at_last=True)), FeedBusy)
    assert client.tokens.find(client.party) is None


def test_an_erased_consumers_tokens_are_destroyed_without_being_read(client: Client, provider: OddProvider) -> None:
    client.link()
    client.keyring.destroy(client.party.tenant_id, client.party.consumer_id)
    client.feed.unlink(client.party)
    assert provider.times("/revoke") == 0
    assert client.links.forget(client.party.tenant_id, client.party.consumer_id) == 0


def test_nothing_that_is_shown_holds_a_secret(client: Client) -> None:
    client.link()
    shown: list[Any] = [client.endpoints, client.kept, client.feed]
    for secret in ("s:cr+t", "access-1", "refresh-1"):
        assert secret not in repr(shown)
