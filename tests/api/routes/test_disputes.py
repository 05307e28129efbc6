"""Opening disputes, following them and ending them."""

from __future__ import annotations

import pytest

from api.routes import disputes
from tests.support.api import Served
from tests.support.cases_over_http import Case, Firm, add_consumer, import_report, open_dispute, open_firm


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "disputing")


@pytest.fixture(scope="module")
def case(firm: Firm) -> Case:
    case = add_consumer(firm, "Disputewell")
    import_report(case, "Disputewell")
    open_dispute(case)
    return case


def test_nobody_chooses_for_the_consumer(firm: Firm, case: Case) -> None:
    selections = [{"finding_key": case.ids["finding_key"]}]
    body = {"consumer_id": case.ids["consumer_id"], "report_id": case.ids["report_id"], "selections": selections}

    for role in ("owner", "operator", "viewer", "auditor", "machine"):
        assert firm.people[role].send("POST", "/v1/disputes", body).status_code == 403


def test_a_tradeline_in_dispute_is_not_disputed_twice(case: Case) -> None:
    selections = [{"finding_key": case.ids["finding_key"], "bureaus": ["equifax"]}]
    body = {"consumer_id": case.ids["consumer_id"], "report_id": case.ids["report_id"], "selections": selections}
    answer = case.consumer.send("POST", "/v1/disputes", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_disputed")


def test_moves_that_the_state_does_not_allow_are_conflicts(firm: Firm, case: Case) -> None:
    path = f"/v1/disputes/{case.ids['dispute_id']}"
    tag = firm.operator.etag(path)
    sent = disputes.InformationSent.model_validate({"sent_on": "2026-03-04"}).model_dump(mode="json")

    assert firm.operator.send("POST", f"{path}/confirm", etag=tag).status_code == 409
    assert firm.operator.send("POST", f"{path}/overrule", {"reason": "x"}, etag=tag).status_code == 409
    notice = {"noticed_on": "2026-01-05", "reasons": "too little is said"}
    assert firm.operator.send("POST", f"{path}/frivolous-notice", notice, etag=tag).status_code == 409
    assert case.consumer.send("POST", f"{path}/frivolous-notice", notice, etag=tag).status_code == 403
    unclear = firm.operator.send("POST", f"{path}/frivolous-notice", notice | {"noticed_on": "soon"}, etag=tag)
    assert unclear.status_code == 422
    assert case.consumer.send("POST", f"{path}/reopen").status_code == 409
    assert firm.operator.send("POST", f"{path}/reopen").status_code == 403
    assert firm.people["viewer"].send("POST", f"{path}/confirm", etag=tag).status_code == 403
    assert case.consumer.send("POST", f"{path}/confirm", etag=tag).status_code == 403
    assert case.consumer.send("POST", f"{path}/information", sent, etag=tag).status_code in (200, 409)


def test_a_dispute_is_withdrawn_with_its_letter(case: Case) -> None:
    path = f"/v1/disputes/{case.ids['dispute_id']}"
    case.consumer.made("POST", f"{path}/withdraw", etag=case.consumer.etag(path))

    assert case.consumer.got(path)["status"] == "withdrawn"
    assert case.consumer.got(f"/v1/letters/{case.ids['letter_id']}")["status"] == "void"


def test_deadlines_name_their_rule(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    rows = case.consumer.got("/v1/deadlines", dispute_id=case.ids["dispute_id"])["items"]
    due = case.consumer.got("/v1/deadlines", kind="statutory_due")["items"]

    assert {row["kind"] for row in rows} == {"statutory_due", "results_due", "breach_assertable_on"}
    assert [row["due_on"] for row in rows] == sorted(row["due_on"] for row in rows)
    assert {row["kind"] for row in due} == {"statutory_due"}
    assert case.consumer.http.get("/v1/deadlines", params={"kind": "never"}).status_code == 422
