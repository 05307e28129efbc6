"""Pulls over HTTP: asked for, joined, delayed in the open, brought by hand; scores and alerts beside them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.routes.pulls import PullAsked
from application.feeding import FeedBusy, FeedRefused, RawReport
from domain.connections import Alert, Score
from tests.support.api import Json, Served
from tests.support.cases_over_http import Case, Firm, add_consumer, first_pull, open_firm, report_of
from tests.support.connecting import at, connected

AS_JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "pulls")


@pytest.fixture
def case(firm: Firm) -> Case:
    word = f"Pulled{uuid4().hex[:8]}"
    feed, day = firm.served.feed, firm.now.date()
    feed.subject = word
    feed.report = RawReport(media_type="application/json", content=report_of(word))
    feed.scores = (Score(model="VantageScore 3.0", value=640, as_of=day),)
    feed.alerts = (Alert(alert_id=word, kind="new_account", occurred_on=day),)
    return add_consumer(firm, word)


def pulls(case: Case, begun: Json, *states: str) -> list[Json]:
    """The history, newest first, once it is as said."""
    return case.consumer.until(
        at(begun, "/pulls"), lambda items: [item["state"] for item in items] == list(states)
    )


def test_connecting_brings_a_report_with_its_findings_a_score_and_an_alert(case: Case) -> None:
    begun = connected(case)
    (pull,) = pulls(case, begun, "fetched")
    report = case.consumer.got(f"/v1/reports/{pull['report_id']}")
    assert (pull["cause"], pull["readable"], pull["sha256"]) == ("connected", True, report["sha256"])
    assert (report["status"], report["findings"] > 20) == ("parsed", True)
    assert [item["value"] for item in case.consumer.until("/v1/scores", bool)] == [640]
    assert [item["kind"] for item in case.consumer.until("/v1/alerts", bool)] == ["new_account"]
    row = case.consumer.got(at(begun))
    assert (row["last_report_id"], row["pull_id"], row["trouble"]) == (pull["report_id"], None, None)


def test_two_requests_while_one_is_in_flight_are_one_pull(firm: Firm, case: Case) -> None:
    begun = connected(case)
    pulls(case, begun, "fetched")
    firm.served.feed.script["order"].append(FeedBusy(3600, "outage"))
    first = PullAsked.model_validate(case.consumer.made("POST", at(begun, "/pulls")))
    pulls(case, begun, "delayed", "fetched")
    assert PullAsked.model_validate(case.consumer.made("POST", at(begun, "/pulls"))) == first
    row = case.consumer.got(at(begun))
    assert (row["trouble"], row["pull_id"]) == ("outage", str(first.pull_id))
    assert row["next_try_at"] is not None
    firm.advance(hours=25)
    pulls(case, begun, "fetched", "fetched")


def test_a_refusal_for_good_is_shown_and_asked_of_an_operator(firm: Firm, case: Case) -> None:
    begun = connected(case)
    pulls(case, begun, "fetched")
    firm.served.feed.script["order"].append(FeedRefused("scope_missing", "reports may not be read"))
    case.consumer.made("POST", at(begun, "/pulls"))
    (failed, _) = pulls(case, begun, "failed", "fetched")
    assert failed["reason"] == "scope_missing"
    assert firm.operator.until("/v1/tasks", bool, about_id=begun["connection_id"])


def test_a_report_is_brought_by_hand_to_a_connection_for_uploads_only(case: Case) -> None:
    made = connected(case, provider="manual_upload")
    answer = case.consumer.send("POST", at(made, "/pulls"))
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_instead")
    content = report_of("Byhand")
    brought = case.consumer.made("POST", at(made, "/reports"), content=content, headers=AS_JSON)
    (pull,) = pulls(case, made, "fetched")
    assert (pull["cause"], pull["report_id"]) == ("uploaded", brought["report_id"])
    assert case.consumer.got(f"/v1/reports/{brought['report_id']}")["free_annual"] is False
    case.consumer.made("POST", at(made, "/reports") + "?free_annual=true", content=content, headers=AS_JSON)
    assert case.consumer.got(f"/v1/reports/{brought['report_id']}")["free_annual"] is True
    fetched = connected(case)
    refused = case.consumer.send("POST", at(fetched, "/reports"), content=content, headers=AS_JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "fetch_instead")


def test_an_upload_that_cannot_be_read_is_archived_and_named(case: Case) -> None:
    made = connected(case, provider="manual_upload")
    answer = case.consumer.send("POST", at(made, "/reports"), content=b"{}", headers=AS_JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_report")
    (pull,) = pulls(case, made, "fetched")
    assert pull["readable"] is False
    assert pull["report_id"] in answer.json()["detail"]


def test_nobody_sees_or_asks_for_anothers_pulls(firm: Firm, case: Case) -> None:
    begun = connected(case)
    pulls(case, begun, "fetched")
    other = add_consumer(firm, f"Other{uuid4().hex[:8]}")
    assert other.consumer.send("POST", at(begun, "/pulls")).status_code == 404
    assert other.consumer.got(at(begun, "/pulls"))["items"] == []
    assert other.consumer.got("/v1/scores")["items"] == other.consumer.got("/v1/alerts")["items"] == []
    sent = other.consumer.send("POST", at(begun, "/reports"), content=first_pull(), headers=AS_JSON)
    assert sent.status_code == 404
