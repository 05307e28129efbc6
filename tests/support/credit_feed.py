"""A report provider with one client, and a browser in which a person allows it: for tests of the sandbox."""

from __future__ import annotations

import re
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infrastructure.sandbox.credit_feed import Settings, running
from infrastructure.sandbox.credit_feed.grants import challenge_of
from infrastructure.sandbox.credit_feed.identity import KEY_FILE
from infrastructure.trust import trust

CLIENT, CLIENT_SECRET = "client-of-a-test", "a-clients-secret-of-a-test"
BACK = "http://127.0.0.1:9/v1/feeds/callback"
LOGIN, PASSCODE = "ann", "ann's passcode"
SCOPES = "openid reports:read scores:read alerts:read"
VERIFIER = "v" * 43


@dataclass
class Provider:
    """The provider's doors. Everything goes over HTTP, as it would for a stranger."""

    http: httpx.Client

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    def control(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def client(self, client_id: str = CLIENT) -> None:
        self.control(
            "clients", {"client_id": client_id, "client_secret": CLIENT_SECRET, "redirect_uris": [BACK, f"{BACK}?x=1"]}
        )

    def person(self, login: str = LOGIN, client_id: str = CLIENT, **more: Any) -> str:
        given = {"seed": 5} if not {"seed", "pulls"} & more.keys() else {}
        made = self.control("people", {"client_id": client_id, "login": login, "passcode": PASSCODE, **given, **more})
        subject: str = made["subject"]
        return subject

    def clock(self, now: str, client_id: str = CLIENT) -> dict[str, Any]:
        return self.control("clock", {"client_id": client_id, "now": now})

    def faults(self, *lines: dict[str, Any]) -> None:
        self.control("faults", list(lines))

    def ledger(self, client_id: str = CLIENT) -> dict[str, Any]:
        counts: dict[str, Any] = self.http.get("/sandbox/ledger").json()["clients"][client_id]
        return counts

    def asked(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request."""
        usual = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": BACK,
            "scope": SCOPES,
            "state": "a-state",
            "nonce": "a-nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def browse(self, decision: str = "allow", login: str = LOGIN, passcode: str = PASSCODE, **changes: Any) -> Any:
        """What a person does in a browser of their own; the answer to their decision."""
        with httpx.Client(base_url=self.http.base_url, timeout=30, verify=trust(), trust_env=False) as browser:
            page = browser.get("/oauth/authorize", params=self.asked(**changes))
            assert page.status_code == 200, page.text
            form = {"ticket": ticket_in(page.text), "login": login, "passcode": passcode, "decision": decision}
            return browser.post("/oauth/consent", data=form)

    def code(self, login: str = LOGIN, **changes: Any) -> str:
        return sent_back(self.browse(login=login, **changes))["code"]

    def token(self, client_id: str = CLIENT, secret: str = CLIENT_SECRET, **form: str) -> httpx.Response:
        return self.http.post("/oauth/token", data=form, auth=(client_id, secret))

    def exchange(self, code: str, client_id: str = CLIENT, **changes: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return self.token(client_id, **{**form, **changes})

    def refresh(self, token: str, client_id: str = CLIENT, **more: str) -> httpx.Response:
        return self.token(client_id, grant_type="refresh_token", refresh_token=token, **more)

    def link(self, login: str = LOGIN, client_id: str = CLIENT, **changes: Any) -> Linked:
        """The whole flow: a person allows it, and the client exchanges the code."""
        answer = self.exchange(self.code(login, client_id=client_id, **changes), client_id)
        assert answer.status_code == 200, answer.text
        return Linked(self, answer.json())


@dataclass
class Linked:
    """A client with tokens of one person."""

    provider: Provider
    tokens: dict[str, Any]

    def get(self, path: str, **params: str) -> httpx.Response:
        return self.provider.http.get(path, params=params, headers=self.bearer)

    def order(self, key: str | None = None, bureaus: tuple[str, ...] = ()) -> httpx.Response:
        headers = {**self.bearer, "Idempotency-Key": key or secrets.token_hex(8)}
        return self.provider.http.post("/v1/reports", json={"bureaus": list(bureaus)}, headers=headers)

    def report(self, bureaus: tuple[str, ...] = ()) -> bytes:
        return self.get(f"/v1/reports/{self.order(bureaus=bureaus).json()['id']}").content

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


def ticket_in(page: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found, page
    return unescape(found[1])


def sent_back(answer: httpx.Response) -> dict[str, str]:
    """What the browser takes back to the client."""
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@contextmanager
def credit_feed(home: Path, **settings: Any) -> Iterator[Provider]:
    """A provider with a client and a person. Its signing key is everybody's: to make one takes long."""
    home.mkdir(parents=True, exist_ok=True)
    (home / KEY_FILE).write_bytes(_key())
    with (
        running(Settings(home=home, retry_factor=0.01, **settings)) as server,
        httpx.Client(base_url=server.base_url, timeout=30, verify=trust(), trust_env=False) as http,
    ):
        provider = Provider(http)
        provider.client()
        provider.person()
        yield provider


@lru_cache(maxsize=1)
def _key() -> bytes:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class Listener:
    """What arrived at a webhook. `answers` are statuses to give instead of 200."""

    url: str = ""
    answers: deque[int] = field(default_factory=deque)
    heard: list[tuple[bytes, str]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Listener]:
    """An endpoint that keeps whatever it gets, with its signature."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            listener.heard.append((raw, self.headers["Feed-Signature"]))
            self.send_response(listener.answers.popleft() if listener.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
