"""Consumers, what they agree to, their papers and their erasure."""

from __future__ import annotations

import time

import pytest

from api.routes import consumers
from tests.support.api import Json, Served
from tests.support.cases_over_http import TEXT, Case, Firm, add_consumer, open_firm, profile


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "persons")


@pytest.fixture(scope="module")
def case(firm: Firm) -> Case:
    return add_consumer(firm, "Quillfeather")


def test_a_profile_never_shows_the_whole_number(firm: Firm, case: Case) -> None:
    shown = firm.operator.got(f"/v1/consumers/{case.ids['consumer_id']}/profile")

    assert shown["ssn_last4"] == profile()["ssn"][-4:]
    assert profile()["ssn"] not in str(shown)
    assert shown == case.consumer.got(f"/v1/consumers/{case.ids['consumer_id']}/profile")


@pytest.mark.parametrize(
    "changes",
    [
        {"ssn": "123"},
        {"birth_date": 0},
        {"birth_date": "yesterday"},
        {"email": "none"},
        {"given_name": ""},
        {"address": {"line1": "1 A St", "city": "Boise", "state": "XX", "zip_code": "83702"}},
        {"more": 1},
    ],
)
def test_what_is_not_a_person_is_refused_without_repeating_it(firm: Firm, changes: Json) -> None:
    answer = firm.operator.send("POST", "/v1/consumers", profile() | changes)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert profile()["ssn"] not in answer.text


def test_nobody_agrees_for_the_consumer(firm: Firm, case: Case) -> None:
    path = f"/v1/consumers/{case.ids['consumer_id']}/consents"
    body = {"kind": "service_terms", "text_version": TEXT}

    for role in ("owner", "operator", "viewer", "auditor", "machine"):
        assert firm.people[role].send("POST", path, body).status_code == 403
        assert firm.people[role].send("DELETE", f"{path}/service_terms").status_code == 403
    assert case.consumer.send("POST", path, {"kind": "service_terms", "text_version": "2001-01"}).status_code == 422


def test_consents_are_listed_and_taken_back(firm: Firm) -> None:
    case = add_consumer(firm, "Withdrawson")
    path = f"/v1/consumers/{case.ids['consumer_id']}/consents"
    assert {row["kind"] for row in case.consumer.got(path)} == {"service_terms", "report_import", "dispute_in_my_name"}

    case.consumer.made("DELETE", f"{path}/report_import")

    withdrawn = {row["kind"]: row["withdrawn_at"] for row in case.consumer.got(path)}
    assert withdrawn["report_import"] is not None
    assert withdrawn["service_terms"] is None


def test_identity_is_decided_by_staff(firm: Firm, case: Case) -> None:
    path = f"/v1/consumers/{case.ids['consumer_id']}"
    body = {"status": "verified", "basis": "passport seen"}

    assert case.consumer.send("POST", f"{path}/kyc", body, etag="*").status_code == 403
    firm.operator.made("POST", f"{path}/kyc", body, etag=firm.operator.etag(path))
    assert firm.operator.got(path)["kyc"] == "verified"
    verified = firm.operator.got("/v1/consumers", kyc="verified")["items"]
    assert {row["consumer_id"] for row in verified} == {case.ids["consumer_id"]}


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html>", b"%PDF-1.7" + b"x" * consumers.LARGEST_DOCUMENT])
def test_papers_are_pdf_png_or_jpeg_of_ten_megabytes(firm: Firm, case: Case, content: bytes) -> None:
    path = f"/v1/consumers/{case.ids['consumer_id']}/documents"
    answer = firm.operator.send("POST", path, data={"kind": "government_id"}, files={"file": ("x", content)})

    assert answer.status_code == 422


def test_an_erased_person_is_gone(firm: Firm) -> None:
    case = add_consumer(firm, "Vanishwell")
    path = f"/v1/consumers/{case.ids['consumer_id']}"
    body = consumers.Erasure(reason="asked_by_consumer").model_dump(mode="json")

    assert firm.operator.send("POST", f"{path}/erase", body, etag="*").status_code == 403
    firm.owner.made("POST", f"{path}/erase", body, etag=firm.owner.etag(path))

    assert firm.owner.read(f"{path}/profile").status_code == 404
    end = time.monotonic() + 20
    while "Vanishwell" in firm.owner.read("/v1/consumers").text:
        assert time.monotonic() < end
    assert firm.owner.send("PUT", f"{path}/profile", profile(), etag="*").json()["code"] == "consumer_erased"
