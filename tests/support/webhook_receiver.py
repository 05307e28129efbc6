"""An endpoint that verifies and keeps the webhooks it gets, over real HTTP."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infrastructure.vendors.lob import ForgedWebhook, ProviderEvent, parse, verify

SECRET = "a-webhook-secret-of-a-test"


@dataclass
class Receiver:
    """What arrived. `answers` are statuses to give instead of 200, one for each genuine event."""

    url: str = ""
    answers: deque[int] = field(default_factory=deque)
    raw: list[bytes] = field(default_factory=list)
    events: list[ProviderEvent] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def take(self, raw: bytes, headers: dict[str, str]) -> int:
        try:
            verify(raw, headers, SECRET.encode(), datetime.now(UTC))
        except ForgedWebhook as forged:
            self.forged.append(forged.reason)
            return 401
        answer = self.answers.popleft() if self.answers else 200
        if answer == 200:
            self.raw.append(raw)
            self.headers.append(headers)
            self.events.append(parse(raw))
        return answer

    def types(self, reference_id: str | None = None) -> list[str]:
        """The types that arrived, in order."""
        return [event.type for event in self.events if reference_id in (None, event.reference_id)]

    def await_events(self, count: int, seconds: float = 30) -> None:
        """Return when that many events arrived; fail loudly otherwise."""
        ends_at = time.monotonic() + seconds
        while len(self.events) < count:
            assert time.monotonic() < ends_at, f"only {len(self.events)} of {count} events arrived"
            time.sleep(0.01)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(raw, dict(self.headers.items())))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
