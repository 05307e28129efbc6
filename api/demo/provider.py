"""The sandbox report provider as the demonstration meets it: a person with reports there, and that person's browser."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from api.demo.client import Json, WalkFailed
from infrastructure.trust import trust

LOGIN = "demonstration"


class Provider:
    """What a stranger would do at the provider's doors. Nothing here is known to the product."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False, verify=trust())

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def know(self, client_id: str, passcode: str, reports: list[tuple[datetime, bytes]], now: datetime) -> None:
        """Make a person with a report for each of these days, at a provider whose clock shows `now`."""
        pulls = [
            {"from": day.isoformat(), "media_type": "application/json", "content": base64.b64encode(raw).decode()}
            for day, raw in reports
        ]
        person = {"client_id": client_id, "login": LOGIN, "passcode": passcode, "pulls": pulls}
        self._tell("people", person)
        self._tell("clock", {"client_id": client_id, "now": now.isoformat()})

    def call(self, client_id: str, endpoint: Json) -> None:
        """Say where the client's webhooks go."""
        self._tell("webhooks", {"client_id": client_id, "url": endpoint["url"], "secret": endpoint["secret"]})

    def allow(self, address: str, passcode: str) -> dict[str, str]:
        """What the consumer does in a browser: reads the page, signs in, allows, and is sent back with this."""
        page = self._http.get(address)
        found = re.search(r'name="ticket" value="([^"]+)"', page.text)
        if page.is_error or found is None:
            raise WalkFailed(f"the provider shows no form to allow the connection: {page.status_code}")
        form = {"ticket": unescape(found[1]), "login": LOGIN, "passcode": passcode, "decision": "allow"}
        answer = self._http.post("/oauth/consent", data=form)
        back = dict(parse_qsl(urlsplit(answer.headers.get("location", "")).query))
        if "code" not in back:
            raise WalkFailed(f"the provider did not send the consumer back: {answer.status_code}")
        return back

    def _tell(self, what: str, body: dict[str, Any]) -> None:
        self._http.post(f"/sandbox/{what}", json=body).raise_for_status()


def client_of(address: str) -> str:
    """The client that an authorization address speaks for."""
    return dict(parse_qsl(urlsplit(address).query))["client_id"]
