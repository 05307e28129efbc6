"""Signing, reading and releasing the exact bytes."""

from __future__ import annotations

import hashlib

import pytest

from api.routes import letters
from tests.support.api import Served
from tests.support.cases_over_http import (
    ATTESTATION,
    Case,
    Firm,
    add_consumer,
    approve_letter,
    import_report,
    open_dispute,
    open_firm,
    sign_letter,
)


@pytest.fixture(scope="module")
def firm(served: Served) -> Firm:
    return open_firm(served, "writing")


@pytest.fixture(scope="module")
def case(firm: Firm) -> Case:
    case = add_consumer(firm, "Letterwell")
    import_report(case, "Letterwell")
    open_dispute(case)
    return case


def test_only_the_consumer_signs_and_in_their_own_name(firm: Firm, case: Case) -> None:
    path = f"/v1/letters/{case.ids['letter_id']}"
    body = letters.NewSignature(signature_name="Somebody Else", attestation_version=ATTESTATION).model_dump()

    for role in ("owner", "operator", "viewer", "auditor", "machine"):
        assert firm.people[role].send("POST", f"{path}/signature", body, etag="*").status_code == 403
    assert case.consumer.send("POST", f"{path}/signature", body, etag="*").status_code in (409, 422)
    assert case.consumer.read(f"{path}/pdf").status_code == 404


def test_the_approved_bytes_are_the_bytes_that_were_read(firm: Firm, case: Case) -> None:
    sha256 = sign_letter(case)
    path = f"/v1/letters/{case.ids['letter_id']}"
    pdf = case.consumer.read(f"{path}/pdf")
    wrong = letters.NewApproval(pdf_sha256="0" * 64, attestation_version=ATTESTATION).model_dump()

    assert (pdf.status_code, pdf.headers["Content-Type"]) == (200, "application/pdf")
    assert hashlib.sha256(pdf.content).hexdigest() == sha256
    assert case.consumer.send("POST", f"{path}/approvals", wrong, etag="*").status_code == 409
    assert case.consumer.send("POST", f"{path}/approvals", {"pdf_sha256": sha256}, etag="*").status_code == 422
    early = firm.operator.send("POST", f"{path}/approvals", {"pdf_sha256": sha256}, etag="*")
    assert early.status_code == 409
    assert firm.people["viewer"].send("POST", f"{path}/approvals", {"pdf_sha256": sha256}, etag="*").status_code == 403

    approve_letter(firm, case, sha256)

    mailing = case.consumer.got(f"/v1/mailings/{case.ids['mailing_id']}")
    assert mailing["letter_id"] == case.ids["letter_id"]
    assert mailing["status"] == "accepted"
    assert firm.operator.send("POST", f"{path}/void", {"reason": "late"}, etag="*").status_code == 409
    retry = f"/v1/mailings/{case.ids['mailing_id']}/retry"
    assert case.consumer.send("POST", retry, {"reason": "late"}, etag="*").status_code == 403
    moving = firm.operator.send("POST", retry, {"reason": "late"}, etag="*")
    assert (moving.status_code, moving.json()["code"]) == (409, "illegal_move")


def test_letters_and_mailings_are_found_by_what_they_belong_to(firms: tuple[Firm, Firm]) -> None:
    case = firms[0].cases[0]
    owner = firms[0].owner
    by_consumer = owner.got("/v1/letters", consumer_id=case.ids["consumer_id"])["items"]
    by_letter = owner.got("/v1/mailings", letter_id=case.ids["letter_id"])["items"]

    assert {row["letter_id"] for row in by_consumer} == {case.ids["letter_id"]}
    assert {row["mailing_id"] for row in by_letter} == {case.ids["mailing_id"]}
    assert owner.got("/v1/letters", bureau="experian")["items"] == []
