"""What each refusal of Lob's means to a sender."""

from __future__ import annotations

import httpx
import pytest

from application.posting import OutcomeUnknown, PostBusy, PostRejected
from infrastructure.vendors.lob.errors import error_code, pause_seconds, reading_problem, rejection, submission_problem

NOW = 1_800_000_000.0


def answer(status: int, code: str | None, headers: dict[str, str] | None = None) -> httpx.Response:
    body = {"error": {"code": code, "message": "12 Main St is wrong", "status_code": status}}
    if code is None:
        return httpx.Response(status, text="<html>gateway</html>", headers=headers)
    return httpx.Response(status, json=body, headers=headers)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, "account") for code in (
            "payment_method_unverified", "billing_address_required", "email_required", "invalid_api_key",
            "unauthorized", "publishable_key_not_allowed", "feature_limit_reached",
        )),
        *((code, "letter") for code in (
            "invalid", "bad_request", "invalid_file", "invalid_file_dimensions", "inconsistent_page_dimensions",
            "file_pages_below_min", "file_pages_exceed_max", "file_size_exceeds_limit", "pdf_encrypted",
            "unembedded_fonts", "invalid_image_dpi", "invalid_file_url", "invalid_file_download_time",
            "merge_variable_required", "mail_use_type_can_not_be_null", "invalid_perforation_return_envelope",
        )),
        *((code, "address") for code in (
            "failed_deliverability_strictness", "address_length_exceeds_limit", "foreign_return_address",
        )),
        ("not_found", "request"), ("not_deletable", "request"), ("something_new", "request"),
    ],
)  # fmt: skip
def test_a_definite_refusal_says_what_to_put_right(code: str, kind: str) -> None:
    problem = submission_problem(answer(422, code), lambda: NOW)

    assert isinstance(problem, PostRejected)
    assert (problem.code, problem.kind) == (code, kind)
    assert "Main St" not in str(problem)
    assert (rejection(code).code, rejection(code).kind) == (code, kind)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "internal_server_error"), (500, None), (502, None), (503, None), (504, None), (408, "request_timeout"),
        (409, "conflict"), (422, "conflict"), (403, None), (302, None), (200, None), (500, "invalid"),
    ],
)  # fmt: skip
def test_what_does_not_exclude_a_printed_letter_is_unknown(status: int, code: str | None) -> None:
    assert isinstance(submission_problem(answer(status, code), lambda: NOW), OutcomeUnknown)


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit_exceeded"), (429, None), (503, "service_unavailable")])
def test_lob_itself_saying_not_now_is_busy(status: int, code: str | None) -> None:
    assert isinstance(submission_problem(answer(status, code), lambda: NOW), PostBusy)


@pytest.mark.parametrize(
    ("status", "code"), [(500, "internal_server_error"), (502, None), (429, None), (409, "conflict")]
)
def test_a_question_may_always_be_asked_again(status: int, code: str | None) -> None:
    assert isinstance(reading_problem(answer(status, code), lambda: NOW), PostBusy)
    assert isinstance(reading_problem(answer(404, "not_found"), lambda: NOW), PostRejected)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, 5.0),
        ({"Retry-After": "7"}, 7.0),
        ({"X-Rate-Limit-Reset": str(int(NOW) + 4)}, 4.0),
        ({"ratelimit-reset": str(int(NOW) + 3)}, 3.0),
        ({"ratelimit-reset": "2"}, 2.0),
        ({"X-Rate-Limit-Reset": str(int(NOW) - 60)}, 0.5),
        ({"Retry-After": "86400"}, 300.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, 5.0),
        ({"Retry-After": "nan"}, 5.0),
    ],
)
def test_the_pause_is_read_from_either_spelling_and_stays_sane(headers: dict[str, str], pause: float) -> None:
    assert pause_seconds(answer(429, None, headers), lambda: NOW) == pause


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": "text"}', b'{"error": {"code": 5}}', b"\xff"])
def test_an_answer_that_is_not_lobs_has_no_code(body: bytes) -> None:
    assert error_code(httpx.Response(422, content=body)) is None
    assert error_code(answer(422, "invalid")) == "invalid"
