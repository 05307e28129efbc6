"""Bringing reports in, and what was found in them."""

from __future__ import annotations

from uuid import UUID

import pytest

from api.etags import etag
from api.routes import reports
from domain.findings import DETECTORS
from domain.reports import Report
from tests.support.api import Served
from tests.support.cases_over_http import Firm, add_consumer, first_pull, open_firm
from tests.support.mismo import as_xml, response

JSON = {"Content-Type": "application/json"}


def test_what_was_found_is_listed_and_shown_singly(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    path = f"/v1/reports/{case.ids['report_id']}"
    findings = case.consumer.got(f"{path}/findings", limit=100)["items"]
    one = case.consumer.got(f"{path}/findings/{case.ids['finding_key']}")

    assert findings
    assert [row["place"] for row in findings] == sorted(row["place"] for row in findings)
    listed = next(row for row in findings if row["finding_key"] == case.ids["finding_key"])
    assert (one["detector"], one["reason"]) == (listed["detector"], listed["reason"])
    assert one["assertable"] == listed["assertable"]
    detector = findings[0]["detector"]
    assert {row["detector"] for row in case.consumer.got(f"{path}/findings", detector=detector)["items"]} == {detector}


def test_findings_are_filtered(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    path = f"/v1/reports/{case.ids['report_id']}/findings"
    every = case.consumer.got(path, limit=100)["items"]

    def keys(**filters: str) -> set[str]:
        return {row["finding_key"] for row in case.consumer.got(path, limit=100, **filters)["items"]}

    for bureau in ("equifax", "experian", "transunion"):
        assert keys(bureau=bureau) == {row["finding_key"] for row in every if bureau in row["bureaus"]}
        assert keys(bureau=bureau)
    reason = every[0]["reason"]
    assert keys(reason=reason) == {row["finding_key"] for row in every if row["reason"] == reason}
    assert keys(reason=reason, bureau=every[0]["bureaus"][0]) >= {every[0]["finding_key"]}
    assert keys(informational="true") == {row["finding_key"] for row in every if row["informational"]}
    assert case.consumer.send("GET", f"{path}?bureau=innovis").status_code == 422
    assert case.consumer.send("GET", f"{path}?reason=luck").status_code == 422


def test_one_finding_says_why_it_was_made(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    path = f"/v1/reports/{case.ids['report_id']}/findings"
    for row in case.consumer.got(path, limit=100)["items"]:
        why = case.consumer.got(f"{path}/{row['finding_key']}")["explanation"]
        assert why["rule"] == DETECTORS[row["detector"]].rule
        assert why["rule_version"] == row["detector_version"]
        assert (row["letter_type"] or "informs") in why["leads_to"]


def test_tradelines_are_listed_by_report_and_across_reports(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    of_report = case.consumer.got(f"/v1/reports/{case.ids['report_id']}/tradelines", bureau="equifax")["items"]
    across = case.consumer.got("/v1/tradelines", tradeline_id=case.ids["tradeline_id"])["items"]

    assert {row["bureau"] for row in of_report} == {"equifax"}
    assert {row["tradeline_id"] for row in across} == {case.ids["tradeline_id"]}


DEEP = b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}"


@pytest.mark.parametrize("content", [b"{}", b"[]", b"not json", b"\xff", b'{"a": "\x00"}', DEEP])
def test_what_cannot_be_read_is_archived_and_the_place_named(firms: tuple[Firm, Firm], content: bytes) -> None:
    case = firms[0].cases[0]
    path = f"/v1/consumers/{case.ids['consumer_id']}/reports"
    answer = case.consumer.send("POST", path, content=content, headers=JSON)

    assert answer.status_code == 422
    assert answer.json()["context"]["report_id"]


def test_the_same_bytes_are_the_same_report(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    path = f"/v1/consumers/{case.ids['consumer_id']}/reports"
    content = first_pull().replace(b"Bexley", b"Aldenquist").replace(b"BEXLEY", b"ALDENQUIST")
    again = case.consumer.made("POST", path, content=content, headers=JSON)

    assert reports.ReportImported.model_validate(again).report_id.hex == case.ids["report_id"].replace("-", "")


@pytest.fixture(scope="module")
def importer(served: Served) -> Firm:
    """A tenant with a consumer whose reports no other test looks at."""
    firm = open_firm(served, "types")
    add_consumer(firm, "Typewell")
    return firm


@pytest.mark.parametrize(
    ("sent_as", "content", "kept_as"),
    [
        ("application/xml; charset=utf-8", as_xml(response()), "application/xml"),
        ("TEXT/XML", as_xml(response()).replace(b"QUARRY", b"QUARRIE"), "text/xml"),
        ("text/javascript", first_pull(), "text/javascript"),
        ("application/javascript", first_pull().replace(b"\r", b"") + b"\n\n\n", "application/javascript"),
        ("application/octet-stream", first_pull() + b"\n", "application/octet-stream"),
        ("application/json", first_pull() + b"\n\n", "application/json"),
    ],
)
def test_a_report_is_sent_as_what_it_is_and_the_type_is_kept(
    served: Served, importer: Firm, sent_as: str, content: bytes, kept_as: str
) -> None:
    case = importer.cases[0]
    path = f"/v1/consumers/{case.ids['consumer_id']}/reports"
    made = case.consumer.made("POST", path, content=content, headers={"Content-Type": sent_as})
    report = served.sfdify.engine.load(UUID(importer.tenant_id), Report, UUID(made["report_id"]))
    assert report is not None
    assert (made["tradelines"] > 0, report.media_type) == (True, kept_as)


@pytest.mark.parametrize(
    ("media_type", "content", "told"),
    [
        ("text/html", b"<!doctype html><title>Sign in</title>", "not a web page"),
        ("application/xml", b"<html/>", "not a web page"),
        ("text/xml", b"<creditReport/>", "not other XML"),
        ("application/pdf", b"%PDF-1.7", "not a PDF document"),
        ("application/octet-stream", b"\x00", "not plain text"),
    ],
)
def test_what_is_no_report_is_told_what_it_looks_like(
    importer: Firm, media_type: str, content: bytes, told: str
) -> None:
    case = importer.cases[0]
    path = f"/v1/consumers/{case.ids['consumer_id']}/reports"
    answer = case.consumer.send("POST", path, content=content, headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_report")
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "multipart/form-data; boundary=x", "application/x-protobuf", ""])
def test_other_types_are_refused(importer: Firm, media_type: str) -> None:
    case = importer.cases[0]
    path = f"/v1/consumers/{case.ids['consumer_id']}/reports"
    answer = case.consumer.send("POST", path, content=first_pull(), headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_free_annual_copy_is_said_to_be_one_in_the_address(importer: Firm) -> None:
    consumer = importer.cases[0].consumer
    path = f"/v1/consumers/{importer.cases[0].ids['consumer_id']}/reports"
    content = first_pull() + b"\n\n\n\n"
    brought = consumer.made("POST", f"{path}?free_annual=true", content=content, headers=JSON, key="a-free-copy")
    assert consumer.got(f"/v1/reports/{brought['report_id']}")["free_annual"] is True
    other = consumer.send("POST", path, content=content, headers=JSON, key="a-free-copy")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    unclear = consumer.send("POST", f"{path}?free_annual=perhaps", content=content, headers=JSON)
    assert (unclear.status_code, unclear.json()["code"]) == (422, "validation_failed")


def test_importing_takes_consent_and_the_right_role(served: Served) -> None:
    firm = open_firm(served, "imports")
    case = add_consumer(firm, "Importwell")
    path = f"/v1/consumers/{case.ids['consumer_id']}"

    assert firm.people["viewer"].send("POST", f"{path}/reports", content=b"{}", headers=JSON).status_code == 403
    case.consumer.made("DELETE", f"{path}/consents/report_import")
    refused = case.consumer.send("POST", f"{path}/reports", content=first_pull(), headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_missing")


def test_an_operator_says_whose_a_doubtful_row_is(served: Served) -> None:
    firm = open_firm(served, "matches")
    case = add_consumer(firm, "Doubtfire")
    path = f"/v1/consumers/{case.ids['consumer_id']}/reports"
    first = case.consumer.made("POST", path, content=first_pull(), headers=JSON)["report_id"]
    known = case.consumer.got(f"/v1/reports/{first}/tradelines", limit=100)["items"]
    card = next(row for row in known if row["creditor_name"] == "CITI CARDS CBNA")
    tail = card["account_masked"][-4:]
    other = first_pull().replace(tail.encode(), b"0707")
    report_id = case.consumer.made("POST", path, content=other, headers=JSON)["report_id"]
    doubtful = [
        row for row in firm.operator.got(f"/v1/reports/{report_id}/tradelines", limit=100)["items"]
        if row["match_candidates"]
    ]  # fmt: skip
    assert doubtful
    assert all(row["tradeline_id"] is None for row in doubtful)
    about, matches = f"/v1/reports/{report_id}", f"/v1/reports/{report_id}/matches"
    for left, row in reversed(list(enumerate(doubtful))):
        body = {"ref": row["ref"], "tradeline_id": row["match_candidates"][0]}
        stale = firm.operator.send("POST", matches, body, etag=etag(1, 1))
        assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
        made = firm.operator.made("POST", matches, body, etag=firm.operator.etag(about))
        assert (made["tradeline_id"], made["waiting"]) == (row["match_candidates"][0], left)
    again = firm.operator.send("POST", matches, body, etag=firm.operator.etag(about))
    assert (again.status_code, again.json()["code"]) == (409, "no_match_pending")
    ids = {row["ref"]: row["tradeline_id"] for row in firm.operator.got(f"{about}/tradelines", limit=100)["items"]}
    assert {row["ref"]: row["match_candidates"][0] for row in doubtful}.items() <= ids.items()
    tasks = firm.operator.until("/v1/tasks", lambda items: items[0]["status"] == "done", about_id=report_id)
    assert [task["kind"] for task in tasks] == ["match_review"]
