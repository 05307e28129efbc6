"""Calls to a report provider that end, and what its refusals mean.

No redirect is followed, nothing compressed is read (a small answer could unfold without bound), and no fault carries
what was sent or answered: both may hold a token or a person's data.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from application.feeding import FeedBusy, FeedRefused
from infrastructure.vendors.bounded_http import BoundedTransport

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
LARGEST_ANSWER: Final = 1_000_000
LARGEST_REPORT: Final = 20_000_000
PAUSE: Final = 5.0
_SHORTEST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 3600.0

FAULTS: Final = (httpx.TransportError, httpx.DecodingError)
_Body = TypeVar("_Body", bound=BaseModel)


class Calls:
    """HTTP to one provider. One instance serves many threads."""

    def __init__(self, total_seconds: float = TOTAL_SECONDS, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._small = _client(total_seconds, LARGEST_ANSWER)
        self._large = _client(total_seconds, LARGEST_REPORT)

    def close(self) -> None:
        """Let go of the connections."""
        self._small.close()
        self._large.close()

    def send(self, method: str, url: str, *, large: bool = False, **parts: Any) -> httpx.Response:
        """One request and its whole answer, whatever its status. Raises one of FAULTS."""
        http = self._large if large else self._small
        answer = http.send(http.build_request(method, url, **parts), stream=True)
        try:
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise httpx.DecodingError("a compressed answer is not read")
            answer.read()
        finally:
            answer.close()
        return answer

    def ask(self, method: str, url: str, *, large: bool = False, **parts: Any) -> httpx.Response:
        """As `send`, but a call without an answer is FeedBusy."""
        try:
            return self.send(method, url, large=large, **parts)
        except FAULTS as fault:
            raise FeedBusy(PAUSE, fault_name(fault)) from None

    def problem(self, answer: httpx.Response) -> FeedBusy | FeedRefused:
        """What an answer that is no success means. 401 is the caller's to understand."""
        status = answer.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500 or status == httpx.codes.REQUEST_TIMEOUT:
            return FeedBusy(self.pause(answer), f"answered_{status}")
        if status == httpx.codes.FORBIDDEN:
            return FeedRefused("forbidden", "the provider does not allow this client or consumer to have it")
        return FeedRefused("request_refused", f"the provider answered {status}")

    def pause(self, answer: httpx.Response) -> float:
        """How long the provider asks us to wait, between a second and an hour."""
        given = answer.headers.get("retry-after", "")
        if given.isascii() and given.isdigit() and len(given) < 10:
            seconds = float(given)
        else:
            try:
                at = parsedate_to_datetime(given)
                seconds = at.replace(tzinfo=at.tzinfo or UTC).timestamp() - self._now()
            except (ValueError, TypeError, OverflowError):
                seconds = PAUSE
        return min(max(seconds, _SHORTEST_PAUSE), _LONGEST_PAUSE)


def read(shape: type[_Body], answer: httpx.Response) -> _Body:
    """The body of a success. One that is cut off is FeedBusy, one of another shape FeedRefused."""
    try:
        return shape.model_validate_json(answer.content)
    except ValidationError as error:
        if any(problem["type"] == "json_invalid" for problem in error.errors(include_url=False, include_input=False)):
            raise FeedBusy(PAUSE, "unreadable_answer") from None
        raise FeedRefused("unreadable_answer", "the provider answered in another form than agreed") from None


def fault_name(fault: Exception) -> str:
    """A fault's kind in snake case: all that is told about it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(fault).__name__).lstrip("_")


def _client(total_seconds: float, max_bytes: int) -> httpx.Client:
    return httpx.Client(
        headers={"Accept-Encoding": "identity"},
        timeout=httpx.Timeout(total_seconds, connect=min(CONNECT_SECONDS, total_seconds)),
        transport=BoundedTransport(total_seconds, max_bytes),
        follow_redirects=False,
        trust_env=False,
    )
