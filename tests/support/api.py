"""The API as its clients meet it: over HTTP, on a real database, with projector and worker in the test's process."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn
from argon2 import PasswordHasher

from api.app import create_app
from api.positions import decode_position
from api.server import config
from infrastructure.job_runs import run_with
from infrastructure.jobs import QUEUES
from infrastructure.leases import Desk, Heart
from infrastructure.projecting import Runner, ensure
from infrastructure.projecting.positions import connect
from infrastructure.relay import SWEEP_S
from infrastructure.runtime import decoder
from infrastructure.settings import Settings
from infrastructure.trust import trust
from infrastructure.wiring import Sfdify, wire
from projections import ALL
from tests.support.feeds import FakeFeed, FakeFeeds, FakeLinks
from tests.support.postgres import TestServer
from tests.support.posting import FakePost

Json = dict[str, Any]
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "seven-brown-otters"


class Newest:
    """The newest position that any client of one API has been told: what one has written, the others read."""

    position: str | None = None

    def told(self, position: str | None) -> None:
        """Take note of an answer's position, if it has one."""
        known = -1 if self.position is None else decode_position(self.position)
        if position is not None and decode_position(position) > known:
            self.position = position


@dataclass
class Served:
    """A running API and the parts behind it."""

    base_url: str
    sfdify: Sfdify
    settings: Settings
    posts: dict[UUID, FakePost]
    feed: FakeFeed
    platform_key: str
    _threads: list[Party] = field(default_factory=list)
    _newest: Newest = field(default_factory=Newest)

    def party(self, token: str | None = None) -> Party:
        """A client of its own, signed in with `token`."""
        party = Party(self.base_url, token, self._newest)
        self._threads.append(party)
        return party

    def signed_in(self, slug: str, email: str) -> Party:
        """A client of the person with this address. The people of a run all sit at one machine, whose sign-ins by
        right passwords are not what the guard is to count."""
        party = self.party()
        with self.sfdify.pool.connection() as conn:
            conn.execute("DELETE FROM limits.bucket WHERE key LIKE 's:address:%'")
        tokens = party.send("POST", "/v1/auth/sign-in", {"tenant": slug, "email": email, "password": PASSWORD}).json()
        party.sign(tokens["access_token"])
        party.tokens = tokens
        return party

    def close(self) -> None:
        """Let go of every client's connections."""
        for party in self._threads:
            party.http.close()


class Party:
    """One who calls the API. Reads wait for what anybody has written; refusals are answers like any other."""

    def __init__(self, base_url: str, token: str | None, newest: Newest) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=30.0, trust_env=False, verify=trust())
        self._newest = newest
        self.tokens: Json = {}
        if token is not None:
            self.sign(token)

    @property
    def position(self) -> str | None:
        """What reads wait for."""
        return self._newest.position

    def sign(self, token: str) -> None:
        """From now on call as the bearer of `token`."""
        self.http.headers["Authorization"] = f"Bearer {token}"

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        etag: str | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Ask for a change, under a new key unless one is given."""
        sent = {"Idempotency-Key": key or uuid4().hex} | ({"If-Match": etag} if etag else {}) | (headers or {})
        answer = self.http.request(method, path, headers=sent, **({"json": body} if body is not None else {}), **more)
        self._newest.told(answer.headers.get("Event-Position"))
        return answer

    def made(self, method: str, path: str, body: Any = None, **more: Any) -> Json:
        """A change that must succeed."""
        answer = self.send(method, path, body, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        found: Json = answer.json() if answer.content else {}
        return found

    def read(self, path: str, *, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        """A read behind all that was written."""
        behind = {"Min-Event-Position": self.position} if self.position else {}
        return self.http.get(path, params=params, headers=behind | (headers or {}))

    def got(self, path: str, **params: Any) -> Any:
        """A read that must succeed."""
        answer = self.read(path, **params)
        assert answer.is_success, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def etag(self, path: str) -> str:
        """The version of a thing as it is now."""
        answer = self.read(path)
        assert answer.is_success, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.headers["ETag"]

    def until(
        self, path: str, wanted: Callable[[list[Json]], bool], seconds: float = 60.0, **params: Any
    ) -> list[Json]:
        """The items of a list, once they are as wanted."""
        end = time.monotonic() + seconds
        while True:
            items: list[Json] = self.got(path, limit=100, **params)["items"]
            if wanted(items):
                return items
            assert time.monotonic() < end, f"{path} did not become as wanted: {items}"
            time.sleep(0.05)


@contextmanager
def serving(
    server: TestServer,
    template: str,
    home: Path,
    *,
    projecting: bool = True,
    working: bool = True,
    **settings: Any,
) -> Iterator[Served]:
    """The API on a database of its own, dropped afterwards. Rate limits are out of the way unless given.

    Report providers are in memory, unless `feed_url_override` says where the sandbox is.
    """
    name = f"sfdify_test_{uuid4().hex}"
    server.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        with _served(server, name, home, projecting=projecting, working=working, **settings) as served:
            yield served
    finally:
        server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextmanager
def _served(
    server: TestServer, name: str, home: Path, *, projecting: bool, working: bool, **chosen: Any
) -> Iterator[Served]:
    database = server.database(name)
    settings = Settings(
        **{
            "home": home,
            "database_url": database.admin_url,
            "database_app_password": server.password("sfdify_app"),
            "database_projector_password": server.password("sfdify_projector"),
            "lob_api_key": "test_key",
            "lob_base_url": "http://127.0.0.1:9/v1",
            "rate_user_per_minute": 1_000_000,
            "rate_tenant_per_minute": 1_000_000,
            **chosen,
        }
    )
    posts: dict[UUID, FakePost] = {}
    with ExitStack() as closing:
        with connect(database.projector_url, "prepare") as conn:
            ensure(conn, ALL)
        links = FakeLinks()
        feed = FakeFeed(links)
        in_memory = {} if "feed_url_override" in chosen else {"feeds": FakeFeeds(feed).of, "links": links}
        sfdify = closing.enter_context(
            wire(
                settings,
                database.admin_url,
                post=lambda tenant: posts.setdefault(tenant, FakePost()),
                **in_memory,  # type: ignore[arg-type]
            )
        )
        stop = threading.Event()
        closing.callback(stop.set)
        if projecting:
            decode = closing.enter_context(decoder(settings, database.admin_url))
            runner = Runner(database.projector_url, ALL, decode)
            _thread(closing, stop, lambda: runner.run(stop))
        if working:
            _thread(closing, stop, lambda: work(sfdify, stop))
        base_url = closing.enter_context(_listening(sfdify))
        served = Served(base_url, sfdify, settings, posts, feed, f"sp_{settings.secret('platform-key').hex()}")
        closing.callback(served.close)
        yield served


def _thread(closing: ExitStack, stop: threading.Event, target: Callable[[], object]) -> None:
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    closing.callback(thread.join, 20)
    closing.callback(stop.set)


def work(sfdify: Sfdify, stop: threading.Event) -> None:
    """Carry out jobs of every queue, one after the other, until told to stop, and sweep like a relay: a timer that was
    stored while its tenant's clock was moved past it would wait for ever."""
    heart = Heart()
    heart.start()
    desk = Desk(sfdify.jobs, run_with(sfdify.bus), heart, random.Random(7))
    sweep_at = 0.0
    while not stop.is_set():
        if time.monotonic() >= sweep_at:
            sfdify.jobs.sweep()
            sweep_at = time.monotonic() + SWEEP_S
        found = [job for queue in QUEUES if (job := desk.claim(queue)) is not None]
        for job in found:
            desk.carry_out(job)
        if not found:
            stop.wait(0.02)
    heart.stop()


@contextmanager
def _listening(sfdify: Sfdify) -> Iterator[str]:
    app = create_app(lambda: nullcontext(sfdify), hasher=CHEAP)
    listening = config(app)
    listening.timeout_graceful_shutdown = 5
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(listening)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the API did not start"
            assert time.monotonic() < end, "the API did not start in time"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
