"""The catalogue of problem codes: what each means and what to do about it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from domain.kernel import DomainError

PAGES: Final = "/docs/problems"


@dataclass(frozen=True)
class Kind:
    """One code with its HTTP status, meaning and remedy."""

    code: str
    status: int
    title: str
    meaning: str
    remedy: str


_EDGES: Final = (
    Kind("bad_request", 400, "Bad request", "The request cannot be read.", "Correct it and send it again."),
    Kind("malformed_json", 400, "Malformed JSON", "The body is not valid JSON.", "Send UTF-8 JSON."),
    Kind(
        "unauthenticated",
        401,
        "Not signed in",
        "The request carries no valid credential.",
        "Sign in, or send an API key, as `Authorization: Bearer ...`.",
    ),
    Kind("forbidden", 403, "Forbidden", "This caller may not do this.", "Ask an owner of the tenant for the role."),
    Kind("not_found", 404, "Not found", "There is nothing at this address for this caller.", "Check the address."),
    Kind(
        "method_not_allowed",
        405,
        "Method not allowed",
        "This address does not take this method.",
        "Use one of the methods in the Allow header.",
    ),
    Kind(
        "not_acceptable", 406, "Not acceptable", "No representation fits the Accept header.", "Accept application/json."
    ),
    Kind(
        "request_timeout",
        408,
        "Request too slow",
        "The request did not come in time.",
        "Send it again without pauses, within three minutes.",
    ),
    Kind("conflict", 409, "Conflict", "The present state does not allow this.", "Read the state and decide again."),
    Kind(
        "stale_version",
        412,
        "Changed meanwhile",
        "The thing was changed after it was read.",
        "Read it again and repeat with its new ETag in If-Match.",
    ),
    Kind(
        "body_too_large",
        413,
        "Body too large",
        "The body is larger than this address takes.",
        "Send at most 20 MB to report uploads and 1 MB elsewhere.",
    ),
    Kind(
        "unsupported_media_type",
        415,
        "Unsupported media type",
        "The body is of a type this address does not read.",
        "Send application/json with a Content-Type header.",
    ),
    Kind(
        "validation_failed",
        422,
        "Not valid",
        "Parts of the request break the rules of the schema.",
        "See `errors`: each names the place and the rule.",
    ),
    Kind(
        "precondition_required",
        428,
        "If-Match is required",
        "A change to an existing thing must name its version.",
        "Send the ETag you read in If-Match.",
    ),
    Kind(
        "rate_limited",
        429,
        "Too many requests",
        "The quota of this user or tenant is used up.",
        "Wait for the seconds in Retry-After.",
    ),
    Kind(
        "headers_too_large",
        431,
        "Headers too large",
        "The request line and headers are longer than 64 KiB.",
        "Send fewer or shorter headers.",
    ),
    Kind(
        "internal_error",
        500,
        "Internal error",
        "Something went wrong on our side.",
        "Repeat with the same Idempotency-Key; tell us the request id if it stays.",
    ),
    Kind(
        "unavailable",
        503,
        "Unavailable",
        "The service cannot answer at the moment.",
        "Wait for the seconds in Retry-After and repeat.",
    ),
    Kind(
        "database_unavailable",
        503,
        "Database unavailable",
        "The database cannot be reached at the moment.",
        "Wait for the seconds in Retry-After and repeat with the same Idempotency-Key.",
    ),
    Kind(
        "store_unavailable",
        503,
        "Store unavailable",
        "The store of documents cannot be used at the moment.",
        "Wait for the seconds in Retry-After and repeat with the same Idempotency-Key.",
    ),
)
_BY_STATUS: Final = {kind.status: kind for kind in reversed(_EDGES)}


def _refusals(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield of
    for heir in of.__subclasses__():
        yield from _refusals(heir)


def _kind_of_refusal(refusal: type[DomainError]) -> Kind:
    words = inspect.getdoc(refusal) or "The request was refused."
    remedy = "Read the detail of the problem: it says what to do."
    return Kind(refusal.code, refusal.status, refusal.code.replace("_", " ").capitalize(), words, remedy)


def kinds() -> dict[str, Kind]:
    """Every code this process can answer with: the edges' own and each refusal the layers below define."""
    found: dict[str, Kind] = {}
    for refusal in _refusals():
        found.setdefault(refusal.code, _kind_of_refusal(refusal))
    return dict(sorted((found | {kind.code: kind for kind in _EDGES}).items()))


def kind_of(code: str) -> Kind | None:
    """The catalogue's entry for `code`, if there is one."""
    return kinds().get(code)


def kind_of_status(status: int) -> Kind:
    """The general kind for a bare HTTP status, as the framework raises them."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Refused"
    return Kind(f"http_{status}", status, title, f"{title}.", "Check the request.")
