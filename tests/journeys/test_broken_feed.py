"""The product, its workers and the sandbox report provider, with every fault of its script in the middle of a pull.

However it ends, the provider has one order of each pull, somebody sees what is going on, and no token gets out.
"""

from __future__ import annotations

import base64
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from application.feeding import FeedParty
from infrastructure import feeds
from infrastructure.feed_tokens import FeedTokens
from infrastructure.jobs import QUEUES
from infrastructure.vendors.smartcredit.calls import Calls
from infrastructure.vendors.smartcredit.introductions import sandbox_client
from infrastructure.workers import Supervisor, WorkerPlan
from tests.support.api import Served, serving
from tests.support.connecting import at
from tests.support.credit_feed import Provider, credit_feed
from tests.support.fetching import Fetching
from tests.support.leaks import Canary, in_bytes, in_database
from tests.support.logs import captured_logs
from tests.support.postgres import TestServer

REPORT, ORDER, COUNT = "GET /v1/reports/*", "POST /v1/reports", "GET /v1/tradelines"
EXCHANGE, RENEWAL = "POST /oauth/token authorization_code", "POST /oauth/token refresh_token"
PATIENCE_S = 1.5
CUT = {"read_error", "remote_protocol_error"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with credit_feed(tmp_path_factory.mktemp("sandbox")) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory, sandbox: Provider
) -> Iterator[Served]:
    """The product; its adapter waits less long for the provider than it otherwise would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feeds, "Calls", partial(Calls, PATIENCE_S))
        with serving(server, template, tmp_path_factory.mktemp("broken"), feed_url_override=sandbox.url) as running:
            yield running


@pytest.fixture
def fetching(served: Served, sandbox: Provider) -> Fetching:
    return Fetching(served, sandbox)


def events(fetching: Fetching, topic: str) -> int:
    """How many events of this kind the tenant's log holds."""
    with psycopg.connect(str(fetching.served.settings.database_url)) as conn:
        row = conn.execute(
            "SELECT count(*) FROM es.event WHERE tenant_id = %s AND topic = %s", (fetching.firm.tenant_id, topic)
        ).fetchone()
    assert row is not None
    return int(row[0])


def party_of(fetching: Fetching, begun: dict[str, Any]) -> FeedParty:
    ids = (fetching.firm.tenant_id, fetching.case.ids["consumer_id"], begun["connection_id"])
    return FeedParty(*map(UUID, ids), "smartcredit")


def tokens(fetching: Fetching, begun: dict[str, Any]) -> list[str]:
    """The tokens that are kept now, as the adapter would use them."""
    sfdify = fetching.served.sfdify
    kept = FeedTokens(sfdify.pool, sfdify.keyring).find(party_of(fetching, begun))
    return [kept.access, str(kept.refresh)] if kept else []


def told(fetching: Fetching, kind: str) -> bool:
    """Whether the provider's news of this kind has reached us."""
    events = fetching.sandbox.http.get("/sandbox/events", params={"client_id": fetching.client_id}).json()["events"]
    return [event["delivered"] for event in events if event["type"] == kind] == [True]


def eventually(holds: Callable[[], bool], within_s: float = 40.0) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("fault", "reasons", "asked", "fetches"),
    [
        ({"on": ORDER, "do": "500"}, {"answered_500"}, {"200": 1, "500": 1}, 1),
        ({"on": ORDER, "do": "429:3600"}, {"answered_429"}, {"200": 1, "429": 1}, 1),
        ({"on": ORDER, "do": "timeout_before"}, {"read_timeout"}, {"200": 1, "500": 1}, 1),
        ({"on": ORDER, "do": "timeout_after"}, {"read_timeout"}, {"200": 2}, 1),
        ({"on": ORDER, "do": "reset_after"}, CUT, {"200": 2}, 1),
        ({"on": ORDER, "do": "bad_body"}, {"unreadable_answer"}, {"200": 2}, 1),
        ({"on": ORDER, "do": "pending"}, {"report_not_ready"}, {"200": 1}, 1),
        ({"on": REPORT, "do": "503"}, {"answered_503"}, {"200": 1}, 1),
        ({"on": REPORT, "do": "timeout_before"}, {"read_timeout"}, {"200": 1}, 1),
        ({"on": REPORT, "do": "timeout_after"}, {"read_timeout"}, {"200": 1}, 2),
        ({"on": REPORT, "do": "truncated"}, CUT, {"200": 1}, 2),
        ({"on": COUNT, "do": "timeout_before"}, {"read_timeout"}, {"200": 1}, 2),
        ({"on": COUNT, "do": "bad_body"}, {"unreadable_answer"}, {"200": 1}, 2),
    ],
    ids=lambda value: f"{value['on']} {value['do']}" if isinstance(value, dict) and "on" in value else "",
)
def test_a_pull_that_meets_trouble_is_one_order_seen_to_be_late_and_comes_in_the_end(
    fetching: Fetching, fault: dict[str, Any], reasons: set[str], asked: dict[str, int], fetches: int
) -> None:
    begun = fetching.connected(fault)
    (delayed,) = fetching.pulls(begun, "delayed")
    row = fetching.case.consumer.got(at(begun))
    assert (row["status"], row["trouble"], row["pull_id"]) == ("active", delayed["reason"], delayed["pull_id"])
    assert delayed["reason"] in reasons
    waits = datetime.fromisoformat(row["next_try_at"]) - fetching.firm.now
    assert waits >= timedelta(seconds=3600 if "3600" in fault["do"] else 30)
    fetching.firm.advance(hours=2)
    (pull,) = fetching.pulls(begun, "fetched")
    assert (pull["pull_id"], fetching.case.consumer.got(at(begun))["trouble"]) == (delayed["pull_id"], None)
    ledger = fetching.ledger
    assert (ledger["orders"], ledger["asked"][ORDER], ledger["fetches"]) == (1, asked, fetches)
    assert (ledger["exchanges"], ledger["refreshes"]) == (1, 0)
    topics = ("connection.pull_requested.v1", "connection.pull_ordered.v1", "connection.pull_fetched.v1")
    assert [events(fetching, topic) for topic in topics] == [1, 1, 1]


@pytest.mark.parametrize("on", [ORDER, REPORT, COUNT])
def test_a_token_refused_at_any_step_is_renewed_once(fetching: Fetching, on: str) -> None:
    begun = fetching.connected({"on": on, "do": "401"})
    (pull,) = fetching.pulls(begun, "fetched")
    ledger = fetching.ledger
    assert (pull["delays"], ledger["orders"], ledger["refreshes"], ledger["fetches"]) == (0, 1, 1, 1)
    path = "GET /v1/reports/{id}" if on == REPORT else on
    assert ledger["asked"][path] == {"200": 1, "401": 1}


def test_a_code_whose_answer_was_lost_is_not_shown_again_and_the_consumer_connects_anew(fetching: Fetching) -> None:
    begun = fetching.begin()
    fetching.meets({"on": EXCHANGE, "do": "reset_after"})
    back = fetching.allow(begun)
    answer = fetching.case.consumer.send("POST", at(begun, "/callback"), back)
    assert (answer.status_code, answer.json()["code"]) == (409, "connect_again")
    assert fetching.becomes("needs_reauth")["trouble"] == "exchange_unknown"
    repeat = fetching.case.consumer.send("POST", at(begun, "/callback"), back)
    assert repeat.status_code == 409
    assert (fetching.ledger["asked"][EXCHANGE], fetching.ledger["orders"]) == ({"200": 1}, 0)
    fetching.again()
    fetching.pulls(begun, "fetched")
    assert (fetching.ledger["asked"][EXCHANGE], fetching.ledger["orders"]) == ({"200": 2}, 1)


def test_a_renewal_whose_answer_was_lost_needs_the_consumer_and_the_same_pull_goes_on(fetching: Fetching) -> None:
    begun = fetching.connected({"on": REPORT, "do": "401", "times": 2}, {"on": RENEWAL, "do": "reset_after"})
    (delayed,) = fetching.pulls(begun, "delayed")
    assert delayed["reason"].startswith("refresh_")
    fetching.firm.advance(hours=1)
    row = fetching.becomes("needs_reauth")
    assert (row["trouble"], row["pull_id"], tokens(fetching, begun)) == ("token_refused", delayed["pull_id"], [])
    fetching.again()
    (pull,) = fetching.pulls(begun, "fetched")
    assert pull["pull_id"] == delayed["pull_id"]
    ledger = fetching.ledger
    assert (ledger["orders"], ledger["fetches"], ledger["exchanges"]) == (1, 1, 2)
    assert ledger["asked"][RENEWAL] == {"200": 1, "400": 1}


def test_a_withdrawal_at_the_provider_during_a_pull_lets_it_wait_for_the_consumer(fetching: Fetching) -> None:
    begun = fetching.connected({"on": REPORT, "do": "503"})
    (delayed,) = fetching.pulls(begun, "delayed")
    fetching.withdraws()
    row = fetching.becomes("needs_reauth")
    assert (row["trouble"], row["pull_id"]) == ("access_revoked", delayed["pull_id"])
    fetching.firm.advance(hours=2)
    assert fetching.ledger["fetches"] == 0
    fetching.again()
    (pull,) = fetching.pulls(begun, "fetched")
    assert (pull["pull_id"], fetching.ledger["orders"], fetching.ledger["fetches"]) == (delayed["pull_id"], 1, 1)


def test_a_withdrawal_told_late_does_not_end_the_link_made_since(fetching: Fetching) -> None:
    begun = fetching.connected()
    fetching.pulls(begun, "fetched")
    fetching.firm.advance(minutes=1)  # the scores and alerts are read by then, whose reading would meet the withdrawal
    fetching.meets({"on": "webhook access.revoked", "do": "drop", "times": 100_000})
    fetching.withdraws()
    fetching.firm.advance(hours=1)
    fetching.case.consumer.made("POST", at(begun, "/pulls"))
    assert fetching.becomes("needs_reauth")["trouble"] == "token_refused"
    fetching.again()
    fetching.pulls(begun, "fetched", "fetched")
    fetching.sandbox.http.delete("/sandbox/faults")
    eventually(lambda: told(fetching, "access.revoked"))
    fetching.firm.advance(minutes=1)
    assert fetching.case.consumer.got(at(begun))["status"] == "active"


def test_two_callbacks_at_once_are_one_exchange(fetching: Fetching) -> None:
    begun = fetching.begin()
    back = fetching.allow(begun)
    with ThreadPoolExecutor(4) as several:
        answers = several.map(lambda _: fetching.case.consumer.send("POST", at(begun, "/callback"), back), range(4))
        statuses = {answer.status_code for answer in answers}
    assert statuses <= {200, 409}
    assert 200 in statuses
    fetching.pulls(begun, "fetched")
    assert (fetching.ledger["asked"][EXCHANGE], fetching.ledger["orders"]) == ({"200": 1}, 1)


def test_a_state_of_another_tenant_opens_nothing_and_stays_good(served: Served, sandbox: Provider) -> None:
    ours, theirs = Fetching(served, sandbox), Fetching(served, sandbox)
    begun, other = ours.begin(), theirs.begin()
    back = ours.allow(begun)
    answer = theirs.case.consumer.send("POST", at(other, "/callback"), back)
    assert (answer.status_code, answer.json()["code"]) == (409, "connect_again")
    assert "unknown_state" in answer.text
    assert (ours.ledger["exchanges"], theirs.ledger["exchanges"]) == (0, 0)
    ours.case.consumer.made("POST", at(begun, "/callback"), back)
    ours.pulls(begun, "fetched")


def test_a_person_erased_during_a_pull_leaves_no_token(fetching: Fetching) -> None:
    begun = fetching.connected({"on": REPORT, "do": "slow:1"})
    eventually(fetching.struck)
    path = f"/v1/consumers/{fetching.case.ids['consumer_id']}"
    fetching.firm.owner.made(
        "POST", f"{path}/erase", {"reason": "asked_by_consumer"}, etag=fetching.firm.owner.etag(path)
    )
    fetching.firm.advance(hours=1)
    assert tokens(fetching, begun) == []
    with psycopg.connect(str(fetching.served.settings.database_url)) as conn:
        left = conn.execute("SELECT FROM auth.feed_token WHERE connection_id = %s", (begun["connection_id"],))
        assert left.fetchall() == []
    assert fetching.ledger["revocations"] >= 1


@pytest.mark.slow
@pytest.mark.parametrize(("on", "asked"), [(ORDER, {"200": 2}), (REPORT, {"200": 1})], ids=["order", "fetch"])
def test_a_worker_killed_while_it_waits_for_the_provider_leaves_one_order_and_the_report_comes(
    server: TestServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
    sandbox: Provider,
    on: str,
    asked: dict[str, int],
) -> None:
    home = tmp_path_factory.mktemp("killed")
    with serving(server, template, home, working=False, feed_url_override=sandbox.url) as served:
        fetching = Fetching(served, sandbox)
        begun = fetching.begin()
        fetching.meets({"on": on, "do": "timeout_after"})
        with closing(Workers(served)) as workers:
            fetching.come_back(begun)
            eventually(lambda: fetching.struck() and fetching.ledger["orders"] == 1)
            (ordered,) = fetching.pulls(begun, "requested" if on == ORDER else "ordered")
            workers.kill()
        with closing(Workers(served)):
            (pull,) = fetching.pulls(begun, "fetched")
        assert (pull["pull_id"], pull["delays"]) == (ordered["pull_id"], 0)
        assert (fetching.ledger["orders"], fetching.ledger["asked"][ORDER]) == (1, asked)
        assert events(fetching, "connection.pull_ordered.v1") == 1


class Workers:
    """One worker process, as `sfdify work` starts it."""

    def __init__(self, served: Served) -> None:
        address = str(served.settings.database_url)
        shared = {
            "database_url": served.sfdify.urls.app, "redis_url": None, "admin_url": address, "settings": served.settings
        }  # fmt: skip
        plan = WorkerPlan("one", tuple(queue for queue in QUEUES if queue != "pdf_render"))
        self._supervisor = Supervisor("infrastructure.job_runs:opened", [plan], shared, host="test")
        self._supervisor.start()

    def kill(self) -> None:
        """As the machine would."""
        for pid in self._supervisor.pids().values():
            os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        self._supervisor.stop()


def spellings(what: str, secret: str) -> list[Canary]:
    """A secret as it stands, as hex, and inside base64 wherever it begins."""
    found = {secret.encode(), secret.encode().hex().encode()}
    for offset in range(3):
        found.add(base64.b64encode(b"\0" * offset + secret.encode())[4:-4])
    return [Canary(what, spelling) for spelling in found]


def test_no_token_code_state_or_name_at_the_provider_gets_out(served: Served, sandbox: Provider) -> None:
    with captured_logs() as lines:
        fetching = Fetching(served, sandbox)
        begun = fetching.connected({"on": REPORT, "do": "503"}, {"on": REPORT, "do": "401", "nth": 2})
        fetching.pulls(begun, "delayed")
        first = tokens(fetching, begun)
        fetching.firm.advance(hours=1)
        fetching.pulls(begun, "fetched")
        second = tokens(fetching, begun)
        fetching.withdraws()
        fetching.becomes("needs_reauth")
        paths = ("/v1/connections", at(begun), at(begun, "/pulls"), "/v1/scores", "/v1/alerts", "/v1/notifications")
        answers = [fetching.case.consumer.read(path).text for path in paths]
        answers += [fetching.firm.owner.read(path).text for path in ("/v1/jobs", "/v1/tasks", "/v1/connections")]
    assert len({*first, *second}) == 4
    _, client_secret = sandbox_client(UUID(fetching.firm.tenant_id), served.settings.secret(feeds.SANDBOX))
    named = {"client": [client_secret], "link": fetching.secrets, "subject": [fetching.subject]}
    canaries = [
        canary
        for what, secrets in {**named, "token": [*first, *second]}.items()
        for secret in secrets
        for canary in spellings(what, secret)
    ]
    assert in_bytes(first[0].encode(), canaries) == {"token"}
    assert in_bytes(lines.getvalue().encode(), canaries) == set()
    assert in_bytes("".join(answers).encode(), canaries) == set()
    assert in_database(str(served.settings.database_url), canaries) == set()
