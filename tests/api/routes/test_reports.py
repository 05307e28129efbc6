"""Bringing reports in, and what was found in them."""

from __future__ import annotations

import pytest

from api.routes import reports
from domain.findings import DETECTORS
from tests.support.api import Served
from tests.support.cases_over_http import Firm, add_consumer, first_pull, open_firm

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


def test_importing_takes_consent_and_the_right_role(served: Served) -> None:
    firm = open_firm(served, "imports")
    case = add_consumer(firm, "Importwell")
    path = f"/v1/consumers/{case.ids['consumer_id']}"

    assert firm.people["viewer"].send("POST", f"{path}/reports", content=b"{}", headers=JSON).status_code == 403
    case.consumer.made("DELETE", f"{path}/consents/report_import")
    refused = case.consumer.send("POST", f"{path}/reports", content=first_pull(), headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_missing")
