"""The `Post` port spoken in Lob's API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from application.posting import (
    Accepted,
    Cancelled,
    MailPiece,
    OutcomeUnknown,
    PieceStatus,
    PostalAddress,
    PostBusy,
    RejectionKind,
    TooLate,
    Verification,
)
from infrastructure.vendors.bounded_http import NOTHING_WAS_SENT, BoundedTransport
from infrastructure.vendors.lob import mapping
from infrastructure.vendors.lob.errors import error_code, reading_problem, rejection, submission_problem

TOTAL_SECONDS: Final = 11.0
"""No method lasts longer, however many requests it makes; a job that posts holds a lease of 15 s."""

_CONNECT_SECONDS: Final = 5.0
_PAUSE_AFTER_A_FAULT: Final = 5.0
_PAGES: Final = 20

_Body = TypeVar("_Body", bound=BaseModel)


class LobPost:
    """Prints and mails through Lob, or through anything that speaks its API.

    Addresses go inline: one call for one letter, and nothing of a consumer stays behind in an
    address book. `base_url` ends in `/v1`. One instance serves many threads.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = "https://api.lob.com/v1",
        lob_version: str = "2024-01-01",
        total_seconds: float = TOTAL_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        self._total = total_seconds
        self._lob_version = lob_version
        self._http = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            auth=httpx.BasicAuth(api_key, ""),
            headers={"Lob-Version": lob_version, "Accept": "application/json"},
            timeout=httpx.Timeout(total_seconds, connect=min(_CONNECT_SECONDS, total_seconds)),
            transport=BoundedTransport(total_seconds),
            trust_env=False,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def submit(self, piece: MailPiece, pdf: bytes) -> Accepted:
        """`POST /letters` with the PDF as an upload. Never repeats by itself."""
        piece.check_bytes(pdf)
        answer = self._change(
            self._ends_at(),
            "POST",
            "letters",
            data=mapping.letter_form(piece, self._lob_version),
            files={"file": ("letter.pdf", pdf, "application/pdf")},
            headers={"Idempotency-Key": piece.idempotency_key},
        )
        if answer.status_code != httpx.codes.OK:
            raise submission_problem(answer, self._now)
        letter = _read(mapping.LobReceipt, answer)
        if letter is None:
            raise OutcomeUnknown("unreadable_answer")
        if not letter.is_for(piece.mailing_id):
            raise OutcomeUnknown("answered_with_another_piece")
        return mapping.accepted(letter)

    def find(self, mailing_id: str) -> list[Accepted]:
        """`GET /letters?metadata[mailing_id]=`, all pages, without cancelled pieces."""
        letters: list[mapping.LobReceipt] = []
        query = {"metadata[mailing_id]": mailing_id, "limit": "100"}
        ends_at = self._ends_at()
        for _ in range(_PAGES):
            page = self._ask(ends_at, mapping.LobLetters, "GET", "letters", params=query)
            letters += page.data
            after = httpx.URL(page.next_url).params.get("after") if page.next_url else None
            if after is None:
                break
            query["after"] = after
        else:
            raise PostBusy(_PAUSE_AFTER_A_FAULT, "the_list_does_not_end")
        mine = [letter for letter in letters if letter.is_for(mailing_id) and not letter.deleted]
        return [mapping.accepted(letter) for letter in reversed(mine)]

    def get(self, provider_id: str) -> PieceStatus:
        """`GET /letters/{id}`."""
        return self._get(self._ends_at(), provider_id)

    def cancel(self, provider_id: str) -> Cancelled | TooLate:
        """`DELETE /letters/{id}`. A piece that was cancelled before counts as cancelled."""
        ends_at = self._ends_at()
        answer = self._change(ends_at, "DELETE", f"letters/{_plain(provider_id)}")
        if answer.status_code == httpx.codes.OK:
            deletion = _read(mapping.LobDeletion, answer)
            if deletion is None or not deletion.deleted or deletion.id != provider_id:
                raise OutcomeUnknown("unreadable_answer")
            return Cancelled(provider_id=provider_id)
        if error_code(answer) == "not_deletable":
            gone = self._get(ends_at, provider_id).deleted
            return Cancelled(provider_id=provider_id) if gone else TooLate(provider_id=provider_id)
        raise submission_problem(answer, self._now)

    def verify(self, address: PostalAddress) -> Verification:
        """`POST /us_verifications`."""
        body = mapping.verification_query(address)
        answer = self._ask(self._ends_at(), mapping.LobVerification, "POST", "us_verifications", "address", json=body)
        return mapping.verification(answer)

    def _get(self, ends_at: float, provider_id: str) -> PieceStatus:
        return mapping.piece_status(self._ask(ends_at, mapping.LobLetter, "GET", f"letters/{_plain(provider_id)}"))

    def _change(self, ends_at: float, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            return self._send(ends_at, method, path, **parts)
        except NOTHING_WAS_SENT as fault:
            raise PostBusy(_PAUSE_AFTER_A_FAULT, _fault(fault)) from None
        except (httpx.TransportError, httpx.DecodingError) as fault:
            raise OutcomeUnknown(_fault(fault)) from None

    def _ask(
        self,
        ends_at: float,
        shape: type[_Body],
        method: str,
        path: str,
        about: RejectionKind = "request",
        **parts: Any,
    ) -> _Body:
        try:
            answer = self._send(ends_at, method, path, **parts)
        except (httpx.TransportError, httpx.DecodingError) as fault:
            raise PostBusy(_PAUSE_AFTER_A_FAULT, _fault(fault)) from None
        if answer.status_code != httpx.codes.OK:
            raise reading_problem(answer, self._now, about)
        body = _read(shape, answer)
        if body is None:
            raise PostBusy(_PAUSE_AFTER_A_FAULT, "unreadable_answer")
        return body

    def _send(self, ends_at: float, method: str, path: str, **parts: Any) -> httpx.Response:
        left = ends_at - time.monotonic()
        if left <= 0:
            raise httpx.PoolTimeout("no time is left for another request")
        return self._http.request(method, path, extensions={"total_seconds": left}, **parts)

    def _ends_at(self) -> float:
        return time.monotonic() + self._total


def _read(shape: type[_Body], answer: httpx.Response) -> _Body | None:
    try:
        return shape.model_validate_json(answer.content)
    except ValidationError:
        return None


def _plain(provider_id: str) -> str:
    if not provider_id.isascii() or not provider_id.replace("_", "").isalnum():
        raise rejection("not_found")
    return provider_id


def _fault(fault: Exception) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(fault).__name__).lstrip("_")
