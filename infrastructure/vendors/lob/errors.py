"""Lob's error answers, sorted by what a sender must do next.

Lob says to branch on `code` and never on `message`; its message is dropped because it may repeat an
address. A code of ours says what to put right instead. Source: Lob API reference, "Errors".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from application.posting import OutcomeUnknown, PostBusy, PostProblem, PostRejected, RejectionKind

_ACCOUNT: Final = frozenset(
    {
        "payment_method_unverified", "billing_address_required", "email_required", "invalid_api_key", "unauthorized",
        "unauthorized_token", "publishable_key_not_allowed", "feature_limit_reached", "unsupported_lob_version",
    }
)  # fmt: skip
_LETTER: Final = frozenset(
    {
        "invalid", "bad_request", "invalid_file", "invalid_file_dimensions", "inconsistent_page_dimensions",
        "file_pages_below_min", "file_pages_exceed_max", "file_size_exceeds_limit", "pdf_encrypted",
        "unembedded_fonts", "invalid_image_dpi", "invalid_file_url", "invalid_file_download_time",
        "merge_variable_required", "mail_use_type_can_not_be_null", "invalid_perforation_return_envelope",
    }
)  # fmt: skip
_ADDRESS: Final = frozenset(
    {"failed_deliverability_strictness", "address_length_exceeds_limit", "foreign_return_address"}
)
_BUSY: Final = frozenset({"rate_limit_exceeded", "service_unavailable"})
_UNKNOWN: Final = frozenset({"request_timeout", "internal_server_error", "conflict"})
_WHAT_TO_DO: Final[Mapping[RejectionKind, str]] = {
    "account": "The provider account needs attention: key, billing or plan.",
    "letter": "The provider cannot print this letter as it is.",
    "address": "The provider will not mail to or from this address; correct it and make a new piece.",
    "request": "The provider does not accept this request.",
}
_EPOCH_FROM: Final = 1_000_000_000
_LONGEST_PAUSE: Final = 300.0
_DEFAULT_PAUSE: Final = 5.0


class _Error(BaseModel):
    code: str
    status_code: int


class _ErrorBody(BaseModel):
    error: _Error


def submission_problem(answer: httpx.Response, now: Callable[[], float]) -> PostProblem:
    """What a refusal of a request that costs money means.

    Only Lob's own words make it definite. A gateway's page, a 5xx or a conflict leaves open whether
    the piece exists.
    """
    code = error_code(answer)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or (code in _BUSY and answer.status_code == 503):
        return PostBusy(pause_seconds(answer, now), code or "rate_limit_exceeded")
    if code is None:
        return OutcomeUnknown(f"http_{answer.status_code}_without_a_code")
    if answer.status_code >= 500 or code in _UNKNOWN or code in _BUSY:
        return OutcomeUnknown(code)
    return rejection(code)


def reading_problem(answer: httpx.Response, now: Callable[[], float], about: RejectionKind = "request") -> PostProblem:
    """What a refusal of a request that changes nothing means: repeat it, or mend what it was `about`."""
    code = error_code(answer)
    if answer.status_code >= 500 or answer.status_code == 429 or code is None or code in _BUSY | _UNKNOWN:
        return PostBusy(pause_seconds(answer, now), code or f"http_{answer.status_code}")
    refused = rejection(code)
    return PostRejected(code, about, _WHAT_TO_DO[about]) if refused.kind == "letter" else refused


def rejection(code: str) -> PostRejected:
    """A definitive refusal under Lob's code."""
    kind: RejectionKind = "request"
    for known, name in ((_ACCOUNT, "account"), (_LETTER, "letter"), (_ADDRESS, "address")):
        if code in known:
            kind = name  # type: ignore[assignment]
    return PostRejected(code, kind, _WHAT_TO_DO[kind])


def error_code(answer: httpx.Response) -> str | None:
    """Lob's code, or None when the answer is not Lob's."""
    with suppress(ValidationError):
        return _ErrorBody.model_validate_json(answer.content).error.code
    return None


def pause_seconds(answer: httpx.Response, now: Callable[[], float]) -> float:
    """How long to wait. Lob's prose and its schema spell the reset header differently; both are read."""
    for header in ("retry-after", "x-rate-limit-reset", "ratelimit-reset"):
        with suppress(ValueError):
            given = float(answer.headers.get(header, ""))
            pause = given - now() if given >= _EPOCH_FROM else given
            if pause == pause:
                return min(max(pause, 0.5), _LONGEST_PAUSE)
    return _DEFAULT_PAUSE
