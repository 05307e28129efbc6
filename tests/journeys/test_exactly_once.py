"""Every letter is posted once and its delivery noted once, whatever the print provider and `kill -9` do."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import psycopg
import pytest

from api.cli.running import stack_of
from api.demo.checks import audit_holds, projections_hold
from api.demo.walk import Story, Walk, read_json
from infrastructure.databases import database
from infrastructure.reports import parse
from infrastructure.runtime import prepare
from infrastructure.settings import CHECKOUT, Settings
from infrastructure.stack import Stack, free_port
from infrastructure.trust import trust
from tests.support.journey import environment, new_home

pytestmark = pytest.mark.slow

WALKS = 4
KILLS = 6
SETTLED_WITHIN_S = 150.0
MAIL = ["work", "mail_send", "webhook_proc", "sla_check", "notification", "reconcile"]
ON_POSTING = (
    "accept_then_timeout:1", "500_before", "500_after", "429", "slow:2", "reset", "reset_after", "bad_body", "503",
)  # fmt: skip
ON_TELLING = ("duplicate:2", "reorder", "forge", "delay:0.3")
RUNNING_SUBMISSIONS = (
    "SELECT count(*) FROM es.job WHERE state = 'running' AND convert_from(command, 'UTF8')::jsonb ->> 'command' = %s"
)


class Product:
    """All processes, with two workers for the mail, and walkers who use it over HTTP."""

    def __init__(self, settings: Settings, admin_url: str, seed: int) -> None:
        self.settings = settings
        self.admin_url = admin_url
        self.random = random.Random(seed)
        self.seed = seed
        self.pull = (CHECKOUT / "samples" / "first_pull.json").read_bytes()

    def stack(self) -> Stack:
        whole = stack_of(self.settings, self.settings.home / "logs")
        commands = {name: given for name, given in whole.commands.items() if name != "worker"}
        commands |= {"printing": ["work", "credit_pull", "pdf_render"], "mail-1": MAIL, "mail-2": MAIL}
        variables = environment(self.settings.home) | dict(whole.environment)
        return Stack(whole.url, commands, whole.ready, variables, whole.logs)

    def walker(self, number: int) -> Walk:
        return Walk(
            base_url=f"http://{self.settings.host}:{self.settings.port}",
            sandbox_url=self.settings.sandbox_url,
            feed_url=self.settings.feed_url,
            platform_key=f"sp_{self.settings.secret('platform-key').hex()}",
            story=Story(),
            profile=read_json(CHECKOUT / "samples" / "consumer.json"),
            reports=[(parse(self.pull).pulled_on, self.pull)],
            folder=self.settings.home / f"letters-{number}",
        )

    def faults(self, *lines: dict[str, Any]) -> None:
        self.sandbox("POST", "/sandbox/faults", json=list(lines))

    def sandbox(self, method: str, path: str, **content: Any) -> Any:
        url = self.settings.sandbox_url + path
        answer = httpx.request(method, url, timeout=20, trust_env=False, verify=trust(), **content)
        answer.raise_for_status()
        return answer.json()

    def submitting(self) -> bool:
        with psycopg.connect(self.admin_url, autocommit=True, connect_timeout=10) as conn:
            row = conn.execute(RUNNING_SUBMISSIONS, ["SubmitMailing"]).fetchone()
        return bool(row and row[0])

    def mail_workers(self) -> list[int]:
        """The processes that carry out mail jobs: below the supervisors this process has started."""
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split(None, 2) for line in listed.splitlines()]
        mine = {pid for pid, parent, args in rows if parent == str(os.getpid()) and "work mail_send" in args}
        nurseries = {pid for pid, parent, args in rows if parent in mine and "forkserver" in args}
        return [int(pid) for pid, parent, _ in rows if parent in nurseries]

    def kill_some(self) -> int:
        """Kill workers at random instants while letters are being handed over; how many were killed."""
        killed, ends_at = 0, time.monotonic() + SETTLED_WITHIN_S
        while killed < KILLS and time.monotonic() < ends_at:
            if self.submitting():
                time.sleep(self.random.uniform(0.0, 0.4))
                for pid in self.mail_workers()[:1] if killed % 2 else self.mail_workers()[-1:]:
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
            time.sleep(0.05)
        return killed


def _prepared(walk: Walk) -> Walk:
    for step in (walk.make_people, walk.give_consents, walk.open_mailbox, walk.connect, walk.import_first,
                 walk.list_findings, walk.choose, walk.sign):  # fmt: skip
        step()
    return walk


def _posted(walk: Walk) -> list[str]:
    found = walk.operator.until(
        "letters posted",
        "/v1/mailings",
        lambda items: len(items) == len(walk.letters) and all(item["status"] == "accepted" for item in items),
        SETTLED_WITHIN_S,
    )
    return [mailing["mailing_id"] for mailing in found]


@contextmanager
def _product(seed: int) -> Iterator[Product]:
    with new_home() as home, pytest.MonkeyPatch.context() as patch, ExitStack() as inside:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        settings = Settings(
            home=home, port=free_port(), sandbox_port=free_port(), feed_port=free_port(),
            rate_user_per_minute=50_000,
            rate_tenant_per_minute=100_000, worker_processes=2,
        )  # fmt: skip
        admin_url = inside.enter_context(database(settings))
        prepare(settings, admin_url)
        product = Product(settings, admin_url, seed)
        with product.stack():
            yield product


def test_each_letter_is_posted_once_and_each_delivery_noted_once() -> None:
    seed = int(os.environ.get("SFDIFY_TEST_SEED", secrets.randbelow(10**6)))
    with _product(seed) as product, ThreadPoolExecutor(WALKS) as hands:
        walks = list(hands.map(_prepared, [product.walker(number) for number in range(WALKS)]))
        product.faults(
            *({"on": "POST /v1/letters", "do": do, "nth": 2 + number} for number, do in enumerate(ON_POSTING)),
            {"on": "POST /v1/letters", "do": "slow:0.4", "rate": 1.0, "seed": seed},
        )
        approving = [hands.submit(walk.approve) for walk in walks]
        killed = product.kill_some()
        for one in approving:
            one.result()
        posted = list(hands.map(_posted, walks))
        struck = product.sandbox("GET", "/sandbox/faults")["faults"]
        silent = f"test_{walks[0].story.facts['tenant_id'].replace('-', '')}"
        product.faults(
            {"on": "webhook", "do": "drop", "rate": 1.0, "seed": seed, "api_key": silent},
            *({"on": "webhook", "do": do, "rate": 0.25, "seed": seed + n} for n, do in enumerate(ON_TELLING)),
        )
        list(hands.map(Walk.deliver, walks))
        list(hands.map(Walk.start_clocks, walks))
        ledger = product.sandbox("GET", "/sandbox/ledger")
        told = product.sandbox("GET", "/sandbox/events")
        verified = [check(product.settings, product.admin_url) for check in (audit_holds, projections_hold)]
        for walk in walks:
            walk.nothing_set_aside()
            walk.close()
    why = f"SFDIFY_TEST_SEED={seed}"
    assert killed >= KILLS, why
    assert {fault["do"] for fault in struck if fault["fired"]} == {do.partition(":")[0] for do in ON_POSTING}, why
    wanted = Counter(mailing_id for mine in posted for mailing_id in mine)
    assert len(wanted) == 3 * WALKS, why
    assert Counter(letter["mailing_id"] for letter in ledger["letters"]) == wanted, why
    assert ledger["duplicates"] == [], why
    assert {day for walk in walks for day in walk.story.facts["received_on"]} == {"2026-01-09"}, why
    dates = [walk.story.facts["deadlines"] for walk in walks]
    assert dates == [dates[0]] * WALKS, why
    assert [len(days) for days in dates[0].values()] == [1, 1, 1], why
    assert told["forgeries_sent"] > 0, why
    assert told["forgeries_accepted"] == 0, why
    assert any(event["attempts"] > 1 for event in told["events"]), why
    unheard = {letter["id"] for letter in ledger["letters"] if letter["mailing_id"] in posted[0]}
    delivered = [event for event in told["events"] if event["type"] == "letter.certified.delivered"]
    assert {event["reference_id"] for event in delivered if not event["delivered"]} == unheard, why
    assert all(verified), why
