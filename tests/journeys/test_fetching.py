"""Fetching reports for real: the API, its jobs and the sandbox report provider, while the provider misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.api import Served, serving
from tests.support.connecting import NEW, at, path_of
from tests.support.credit_feed import Provider, credit_feed
from tests.support.fetching import Fetching
from tests.support.postgres import TestServer


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with credit_feed(tmp_path_factory.mktemp("sandbox")) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(
    server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory, sandbox: Provider
) -> Iterator[Served]:
    with serving(server, template, tmp_path_factory.mktemp("fetching"), feed_url_override=sandbox.url) as running:
        yield running


@pytest.fixture
def fetching(served: Served, sandbox: Provider) -> Fetching:
    return Fetching(served, sandbox)


REPORT, ORDER = "GET /v1/reports/*", "POST /v1/reports"


@pytest.mark.parametrize(
    "fault",
    [
        {"on": ORDER, "do": "500"},
        {"on": ORDER, "do": "429:60"},
        {"on": REPORT, "do": "500"},
        {"on": REPORT, "do": "truncated"},
        {"on": REPORT, "do": "reset"},
        {"on": "GET /v1/tradelines", "do": "503"},
    ],
    ids=lambda fault: f"{fault['on']} {fault['do']}",
)
def test_a_trouble_in_the_middle_of_a_pull_delays_it_in_the_open_and_loses_nothing(
    fetching: Fetching, fault: dict[str, Any]
) -> None:
    begun = fetching.connected(fault)
    (delayed,) = fetching.pulls(begun, "delayed")
    row = fetching.case.consumer.got(at(begun))
    assert (row["trouble"], row["pull_id"]) == (delayed["reason"], delayed["pull_id"])
    assert row["next_try_at"] is not None
    fetching.firm.advance(hours=1)
    (pull,) = fetching.pulls(begun, "fetched")
    report = fetching.case.consumer.got(f"/v1/reports/{pull['report_id']}")
    assert (report["status"], report["sha256"]) == ("parsed", pull["sha256"])
    assert fetching.case.consumer.got(at(begun))["trouble"] is None


def test_a_token_refused_in_the_middle_is_renewed_once_and_nobody_notices(fetching: Fetching) -> None:
    begun = fetching.connected({"on": REPORT, "do": "401"})
    (pull,) = fetching.pulls(begun, "fetched")
    assert (pull["delays"], fetching.ledger["refreshes"], fetching.ledger["exchanges"]) == (0, 1, 1)


def test_a_token_refused_for_good_waits_for_the_consumer_and_then_goes_on(fetching: Fetching) -> None:
    begun = fetching.connected({"on": ORDER, "do": "401", "times": 2})
    rows = fetching.case.consumer.until("/v1/connections", lambda items: items[0]["status"] == "needs_reauth")
    waiting = rows[0]["pull_id"]
    assert waiting is not None
    messages = fetching.case.consumer.until("/v1/notifications", bool)
    assert begun["connection_id"] in {message["about_id"] for message in messages}
    fetching.come_back(fetching.case.consumer.made("POST", path_of(fetching.case), NEW))
    (pull,) = fetching.pulls(begun, "fetched")
    assert pull["pull_id"] == waiting


def test_a_missing_scope_ends_the_pull_and_is_asked_of_an_operator(fetching: Fetching) -> None:
    begun = fetching.connected({"on": ORDER, "do": "403"})
    fetching.pulls(begun, "failed")
    assert fetching.firm.operator.until("/v1/tasks", bool, about_id=begun["connection_id"])


@pytest.mark.parametrize(
    ("fault", "missing"),
    [({"on": ORDER, "do": "empty_bureau:equifax"}, ["equifax"]), ({"on": REPORT, "do": "lost_rows:2"}, None)],
    ids=["empty bureau", "lost rows"],
)
def test_a_section_that_came_empty_or_short_is_read_and_not_believed(
    fetching: Fetching, fault: dict[str, Any], missing: list[str] | None
) -> None:
    begun = fetching.connected(fault)
    (pull,) = fetching.pulls(begun, "fetched")
    report = fetching.case.consumer.got(f"/v1/reports/{pull['report_id']}")
    assert report["incomplete_bureaus"]
    assert missing is None or report["incomplete_bureaus"] == missing


def test_news_told_twice_out_of_order_and_by_a_forger_brings_the_new_report_once(fetching: Fetching) -> None:
    begun = fetching.connected()
    fetching.pulls(begun, "fetched")
    fetching.sandbox.faults(
        {"on": "webhook report.updated", "do": "duplicate:3", "client_id": fetching.client_id},
        {"on": "webhook report.updated", "do": "forge", "client_id": fetching.client_id},
    )
    fetching.firm.advance(days=41)
    fetched = fetching.case.consumer.until(
        at(begun, "/pulls"), lambda items: {item["state"] for item in items} == {"fetched"} and len(items) > 1
    )
    assert len({pull["report_id"] for pull in fetched}) == 2
    assert [pull["cause"] for pull in fetched].count("webhook") == 1


def test_a_consumer_who_withdraws_at_the_provider_is_asked_to_connect_again(fetching: Fetching) -> None:
    begun = fetching.connected()
    fetching.pulls(begun, "fetched")
    fetching.firm.advance(minutes=1)  # the scores and alerts are read by then, whose reading would meet the withdrawal
    fetching.sandbox.control("revocations", {"client_id": fetching.client_id, "login": fetching.word})
    rows = fetching.case.consumer.until("/v1/connections", lambda items: items[0]["status"] == "needs_reauth")
    assert rows[0]["trouble"] == "access_revoked"


def test_nothing_that_opens_a_door_lies_readable_in_the_database(
    fetching: Fetching, capfd: pytest.CaptureFixture[str]
) -> None:
    begun = fetching.connected({"on": REPORT, "do": "401"})
    fetching.pulls(begun, "fetched")
    secrets = [*fetching.secrets, fetching.subject]
    with psycopg.connect(str(fetching.served.settings.database_url)) as conn:
        tables = conn.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema IN ('es', 'rm', 'auth', 'limits') AND table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, table in tables:
            for (text,) in conn.execute(f"SELECT t::text FROM {schema}.{table} t".encode()):
                readable = text + bytes.fromhex(text[2:]).decode(errors="ignore") if text.startswith("\\x") else text
                assert not [secret for secret in secrets if secret in readable], (schema, table)
                hexed = [secret.encode().hex() for secret in secrets]
                assert not [secret for secret in hexed if secret in readable], (schema, table)
    assert len(tables) > 20
    said = "".join(capfd.readouterr())
    assert not [secret for secret in secrets if secret in said]
