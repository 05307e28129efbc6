"""A report provider that answers as it is told to, however oddly, and the client of it that is under test."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from application.feeding import Callback, FeedParty, Link
from infrastructure.event_store.keyring import Keyring
from infrastructure.feed_links import FeedLinkStore
from infrastructure.feed_tokens import FeedTokens, Kept
from infrastructure.postgres import Connection
from infrastructure.vault import EmbeddedVault
from infrastructure.vendors.smartcredit.calls import Calls
from infrastructure.vendors.smartcredit.client import SmartCredit
from infrastructure.vendors.smartcredit.endpoints import Endpoints

BACK = "http://127.0.0.1:9/connections/callback"


@dataclass(frozen=True)
class Answer:
    """One answer. `cut`: the connection ends in the middle of the body; `hang_s`: nothing comes for so long."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hang_s: float = 0.0

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass
class OddProvider:
    """Answers by path, first the scripted ones in turn, then the usual one."""

    url: str = ""
    script: defaultdict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    usual: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    given: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def says(self, path: str, *answers: Answer) -> None:
        self.script[path].extend(answers)

    def times(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)

    def last(self, path: str) -> Asked:
        return [one for one in self.asked if one.path == path][-1]

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            if self.script[asked.path]:
                return self.script[asked.path].popleft()
            if asked.path == "/token":
                self.given += 1
                return Answer(body=tokens(self.given))
            return self.usual.get(asked.path, Answer(200 if asked.path == "/revoke" else 404, {}))

    def endpoints(self, **changes: Any) -> Endpoints:
        """A client without identity: scopes only."""
        paths = ("authorize", "token", "revoke", "reports", "tradelines", "scores", "alerts")
        usual = Endpoints(
            client_id="our name",
            client_secret="s:cr+t &é",
            issuer=self.url,
            scope="reports:read",
            redirect_uri=BACK,
            **{f"{path}_url": f"{self.url}/{path}" for path in paths},
        )
        return replace(usual, **changes)


def tokens(number: int, **more: Any) -> dict[str, Any]:
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "token_type": "Bearer",
        "expires_in": 600,
        **more,
    }


@contextmanager
def odd_provider() -> Iterator[OddProvider]:
    """The provider on a port of its own."""
    provider = OddProvider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = provider.answer(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body))
            time.sleep(answer.hang_s)
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.raw)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.raw[: len(answer.raw) // 2] if answer.cut else answer.raw)
            self.close_connection = self.close_connection or answer.cut

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


class Client:
    """The adapter under test with stores of its own, and one consumer who has a key."""

    def __init__(self, pool: ConnectionPool[Connection], endpoints: Endpoints, total_seconds: float = 5.0) -> None:
        self.keyring = Keyring(pool, EmbeddedVault({"test": bytes(32)}, "test"))
        self.links, self.tokens = FeedLinkStore(pool, self.keyring), FeedTokens(pool, self.keyring)
        self.endpoints, self.calls = endpoints, Calls(total_seconds)
        self.feed = SmartCredit(endpoints, self.links, self.tokens, self.calls)
        self.user_id = uuid4()
        self.party = self.another()

    def another(self, tenant_id: UUID | None = None) -> FeedParty:
        """One more consumer."""
        party = FeedParty(tenant_id or uuid4(), uuid4(), uuid4(), "smartcredit")
        self.keyring.create(party.tenant_id, party.consumer_id)
        return party

    def begin(self, party: FeedParty | None = None) -> tuple[str, dict[str, str]]:
        """Where the consumer goes, and what is asked for there."""
        party = party or self.party
        start = self.feed.begin_link(party, self.user_id, start_of_time())
        return start.url, dict(parse_qsl(urlsplit(start.url).query))

    def complete(self, party: FeedParty | None = None, **back: str | None) -> Link:
        """The consumer is back with this."""
        party = party or self.party
        given = {"code": "a-code", **back}
        callback = Callback(**given)  # type: ignore[arg-type]
        self.links.claim(party.tenant_id, self.user_id, callback.state, start_of_time())
        return self.feed.complete_link(party, callback, start_of_time())

    def link(self, party: FeedParty | None = None, **back: str | None) -> Link:
        """The whole way, without a browser."""
        return self.complete(party, **{"state": self.begin(party)[1]["state"], **back})

    @property
    def kept(self) -> Kept:
        found = self.tokens.find(self.party)
        assert found is not None
        return found


def start_of_time() -> datetime:
    """A tenant's clock, which these things do not look at."""
    return datetime(1970, 1, 1, tzinfo=UTC)
