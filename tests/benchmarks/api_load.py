"""How fast the API answers at a steady hundred requests a second, and how soon a change can be read.

    sfdify bench api [--seconds 60]

Open loop: every request has an intended start on a fixed timetable, and its time counts from that instant, so a slow
answer cannot hide the wait of those behind it. Four in five are reads (single rows and lists), one in five is a
command (register a consumer, decide identity, give consent). The stack runs in processes of its own on a scratch
home; the load comes from this process, whose client is made to cost little. Append to visible: after the answer of a
POST the row is read with `Min-Event-Position`, at five a second; the time is from sending the POST to holding the row,
less the POST itself.
"""

from __future__ import annotations

import asyncio
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from api.cli.running import stack_of
from api.demo.walk import read_json
from infrastructure.databases import database
from infrastructure.embedded import stop_server
from infrastructure.runtime import prepare
from infrastructure.settings import CHECKOUT, Settings
from infrastructure.stack import free_port
from tests.benchmarks.lean_http import Answer, LeanHttp, Unanswered

AIM_MS = {"reads_p95": 15.0, "commands_p95": 30.0, "visible_p50": 2.5, "visible_p95": 4.0}
AT_MOST_MS = {"visible_p50": 10.0, "visible_p95": 25.0}
RATE = 100
READS_IN_TEN = 8
CONSUMERS = 200
Call = Callable[[], Awaitable[Answer]]


@dataclass
class Tally:
    """Times in milliseconds, counted from the intended start, and what was not answered well."""

    reads: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Customer:
    """A signed-in operator of a tenant with some consumers."""

    http: LeanHttp
    profile: dict[str, Any]
    chance: random.Random
    consumers: list[str] = field(default_factory=list)

    async def register(self) -> Answer:
        answer = await self.http.post("/v1/consumers", self.profile, Idempotency_Key=uuid4().hex)
        if answer.is_success:
            self.consumers.append(answer.json()["consumer_id"])
        return answer

    async def decide(self) -> Answer:
        one = self.chance.choice(self.consumers[:CONSUMERS])
        body = {"status": "verified", "basis": f"document {uuid4().hex[:8]}"}
        return await self.http.post(f"/v1/consumers/{one}/kyc", body, Idempotency_Key=uuid4().hex, If_Match="*")

    async def one(self) -> Answer:
        return await self.http.get(f"/v1/consumers/{self.chance.choice(self.consumers[:CONSUMERS])}")

    async def some(self) -> Answer:
        path = self.chance.choice(("/v1/consumers", "/v1/tasks", "/v1/disputes", "/v1/timeline", "/v1/deadlines"))
        return await self.http.get(f"{path}?limit=25")


def main(*, seconds: float = 60.0, seed: int = 7) -> dict[str, Any]:
    """Start the product, load it, print a table to standard error; the figures in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="sfdify bench ", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        settings = Settings(
            home=home, port=free_port(), sandbox_port=free_port(), feed_port=free_port(),
            rate_user_per_minute=1_000_000,
            rate_tenant_per_minute=1_000_000, worker_processes=1,
        )  # fmt: skip
        try:
            with database(settings) as admin_url:
                prepare(settings, admin_url)
                with stack_of(settings, home / "logs"):
                    figures = asyncio.run(_measure(settings, seconds, seed))
        finally:
            stop_server(home)
    _tell(figures)
    return figures


async def _measure(settings: Settings, seconds: float, seed: int) -> dict[str, Any]:
    with closing(LeanHttp(settings.host, settings.port)) as http:
        customer = await _customer(http, settings, random.Random(seed))
        await _load(customer, min(5.0, seconds), Tally())
        visible = await _visible(customer, 100)
        tally = Tally()
        took = await _load(customer, seconds, tally)
    done = len(tally.reads) + len(tally.commands)
    figures: dict[str, Any] = {
        "bench": "api",
        "rate_intended": RATE,
        "rate_achieved": round(done / took, 1),
        "requests": done,
        "errors": len(tally.errors),
        "error_examples": sorted(set(tally.errors))[:5],
        "reads_ms": _spread(tally.reads),
        "commands_ms": _spread(tally.commands),
        "visible_ms": _spread(visible),
        "aim_ms": AIM_MS,
        "at_most_ms": AT_MOST_MS,
        "seed": seed,
        "versions": {"python": platform.python_version(), "machine": platform.machine()},
    }
    reached = {
        f"{what}_{p}": figures[f"{what}_ms"][p] for what in ("reads", "commands", "visible") for p in ("p50", "p95")
    }
    figures["missed_aims"] = sorted(name for name, aim in AIM_MS.items() if reached[name] > aim)
    kept_up = figures["rate_achieved"] >= 0.98 * RATE
    figures["ok"] = kept_up and not tally.errors and all(reached[name] <= most for name, most in AT_MOST_MS.items())
    return figures


async def _customer(http: LeanHttp, settings: Settings, chance: random.Random) -> Customer:
    owner = {"email": "owner@example.com", "name": "Owner", "password": uuid4().hex}
    slug = f"bench-{uuid4().hex[:8]}"
    opened = await http.post(
        "/v1/tenants",
        {"slug": slug, "name": "Bench", "mode": "test", "owner": owner},
        Authorization=f"Bearer sp_{settings.secret('platform-key').hex()}",
        Idempotency_Key=uuid4().hex,
    )
    opened.or_fail()
    signed = await http.post(
        "/v1/auth/sign-in",
        {"tenant": slug, "email": owner["email"], "password": owner["password"]},
        Idempotency_Key=uuid4().hex,
    )
    http.headers["Authorization"] = f"Bearer {signed.or_fail().json()['access_token']}"
    customer = Customer(http, read_json(CHECKOUT / "samples" / "consumer.json"), chance)
    for _ in range(CONSUMERS):
        (await customer.register()).or_fail()
    return customer


async def _load(customer: Customer, seconds: float, tally: Tally) -> float:
    began = time.perf_counter()
    running: set[asyncio.Task[None]] = set()
    for number in range(int(seconds * RATE)):
        at = began + number / RATE
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        is_read = customer.chance.randrange(10) < READS_IN_TEN
        act = customer.chance.choice((customer.one, customer.some) if is_read else (customer.register, customer.decide))
        task = asyncio.create_task(_timed(act, at, tally.reads if is_read else tally.commands, tally.errors))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return time.perf_counter() - began


async def _timed(act: Call, intended: float, times: list[float], errors: list[str]) -> None:
    try:
        answer = await act()
    except Unanswered as error:
        errors.append(str(error))
        return
    times.append((time.perf_counter() - intended) * 1000)
    if not answer.is_success:
        errors.append(f"{answer.status} {answer.body[:120].decode(errors='replace')}")


async def _visible(customer: Customer, samples: int) -> list[float]:
    times = []
    for _ in range(samples):
        answer = await customer.register()
        began = time.perf_counter()
        seen = await customer.http.get(
            f"/v1/consumers/{answer.json()['consumer_id']}",
            Min_Event_Position=answer.headers["event-position"],
        )
        seen.or_fail()
        times.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.2)
    return times


def _spread(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "p50": round(cuts[49], 2), "p95": round(cuts[94], 2), "p99": round(cuts[98], 2), "max": round(max(times), 2),
    }  # fmt: skip


def _tell(figures: dict[str, Any]) -> None:
    lines = [f"{'milliseconds':14}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}"]
    for what in ("reads", "commands", "visible"):
        found = figures[f"{what}_ms"]
        lines.append(f"{what:14}" + "".join(f"{found[p]:9.1f}" for p in ("p50", "p95", "p99", "max")))
    lines.append(f"{figures['requests']} requests at {figures['rate_achieved']}/s, {figures['errors']} errors")
    sys.stderr.write("\n".join(lines) + "\n")
