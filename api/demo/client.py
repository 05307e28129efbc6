"""A client of the public API, as a customer's own code would be."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx

from infrastructure.reports.recognition import media_type_of
from infrastructure.trust import trust

Json = dict[str, Any]


class WalkFailed(Exception):
    """A step of the walk did not hold; the message says which and what was seen."""


class Client:
    """One signed-in party. It reads what it wrote: every read waits for the last position it was told."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=30.0, trust_env=False, verify=trust())
        self.position: str | None = None
        if token:
            self._http.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def sign_in(self, tenant: str, email: str, password: str) -> Json:
        """Sign in; every further call is this person's."""
        tokens = self.send("POST", "/v1/auth/sign-in", {"tenant": tenant, "email": email, "password": password})
        self._http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return tokens

    def send(self, method: str, path: str, body: Json | None = None, *, etag: str | None = None) -> Json:
        """Change something. The key is new for each intent; a full bucket is waited for."""
        headers = {"Idempotency-Key": uuid4().hex} | ({"If-Match": etag} if etag else {})
        return self._call(method, path, headers, json=body)

    def upload(self, path: str, content: bytes) -> Json:
        """Send a file as it is."""
        headers = {"Idempotency-Key": uuid4().hex, "Content-Type": media_type_of(content)}
        return self._call("POST", path, headers, content=content)

    def get(self, path: str, **params: Any) -> Json:
        """Read something."""
        return self._call("GET", path, self._behind(), params=params)

    def every(self, path: str, **params: Any) -> list[Json]:
        """Read every page of a list."""
        items: list[Json] = []
        page = self.get(path, limit=100, **params)
        items += page["items"]
        while page["has_more"]:
            page = self.get(path, limit=100, cursor=page["next_cursor"], **params)
            items += page["items"]
        return items

    def etag(self, path: str) -> str:
        """The version of a thing as it is now."""
        answer = self._answer("GET", path, self._behind())
        return answer.headers["ETag"]

    def bytes_of(self, path: str) -> bytes:
        """Fetch a document."""
        return self._answer("GET", path, {}).content

    def until(self, what: str, path: str, wanted: Any, seconds: float = 30.0, **params: Any) -> list[Json]:
        """Read a list until it is as wanted. Raises WalkFailed."""
        end = time.monotonic() + seconds
        while True:
            items = self.every(path, **params)
            if wanted(items):
                return items
            if time.monotonic() > end:
                raise WalkFailed(f"{what}: not so after {seconds:.0f} s")
            time.sleep(0.1)

    def _behind(self) -> dict[str, str]:
        return {"Min-Event-Position": self.position} if self.position else {}

    def _call(self, method: str, path: str, headers: dict[str, str], **content: Any) -> Json:
        answer = self._answer(method, path, headers, **content)
        if not answer.content:
            return {}
        found: Json = _json_of(answer)
        if found is None:
            raise WalkFailed(f"{method} {path}: {answer.status_code} with a body that is no JSON")
        return found

    def _answer(self, method: str, path: str, headers: dict[str, str], **content: Any) -> httpx.Response:
        for _ in range(20):
            answer = self._http.request(method, path, headers=headers, **content)
            if answer.status_code not in (429, 503):
                break
            pause = answer.headers.get("Retry-After", "")
            time.sleep(min(5.0, float(pause) if pause.isdecimal() else 1.0))
        if answer.is_error:
            raise WalkFailed(f"{method} {path}: {answer.status_code} {_complaint(_json_of(answer))}")
        position = answer.headers.get("Event-Position")
        if position:
            self.position = position
        return answer


def _json_of(answer: httpx.Response) -> Any:
    """What the body says; None when it is no JSON, as from something between us and the API."""
    try:
        return answer.json()
    except ValueError:
        return None


def _complaint(problem: Any) -> str:
    if not isinstance(problem, dict):
        return "without a problem in JSON: something other than the API may have answered"
    return f"{problem.get('code')}: {problem.get('detail')}"
