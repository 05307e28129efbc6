"""Setting the demonstration up, telling it step by step, and writing down what happened."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
from rich.console import Console

from api.cli.running import stack_of
from api.demo.checks import audit_holds, projections_hold
from api.demo.client import WalkFailed
from api.demo.walk import Story, Walk, read_json
from infrastructure.reports import parse
from infrastructure.runtime import database, prepare
from infrastructure.settings import CHECKOUT, Settings
from infrastructure.stack import free_port

SAMPLES = CHECKOUT / "samples"
DELIVERED = "delivered"


def run_demo(settings: Settings, json_file: Path | None, own_report: Path | None) -> bool:
    """Walk the walk; True when every step held. It has a database of its own, which stays for looking around."""
    console = Console()
    name = f"sfdify_demo_{token_hex(4)}"
    demo = settings.model_copy(
        update={
            "database_name": name,
            "port": free_port(),
            "sandbox_port": free_port(),
            "rate_user_per_minute": 5_000,
            "rate_tenant_per_minute": 20_000,
        }
    )
    story = Story({"database": name, "started_at": datetime.now(UTC).isoformat(), "steps": []})
    teller = Teller(console, story)
    began = time.monotonic()
    with database(demo) as admin_url:
        ok = teller.step("The database is ready", lambda: f"{len(prepare(demo, admin_url))} migrations")
        if ok:
            stack = stack_of(demo, demo.home / "logs" / name)
            try:
                with stack:
                    teller.said("API, workers, projector and sandbox print provider run")
                    ok = _walk(demo, teller, own_report)
                    ok = ok and _checks(demo, admin_url, teller)
            except WalkFailed as failed:
                console.print(f"[red]{failed}[/red]")
                ok = False
    story.note(ok=ok, seconds=round(time.monotonic() - began, 2))
    if json_file is not None:
        json_file.write_text(json.dumps(story.facts, indent=2, default=str) + "\n")
    verdict = "[green]Every step held[/green]" if ok else "[red]The walk did not hold[/red]"
    console.print(f"{verdict} in {story.facts['seconds']:.1f} s. Look around with SFDIFY_DATABASE={name}.")
    return ok


def _walk(demo: Settings, teller: Teller, own_report: Path | None) -> bool:
    profile = read_json(SAMPLES / "consumer.json")
    first = own_report.read_bytes() if own_report else (SAMPLES / "first_pull.json").read_bytes()
    second = (SAMPLES / "day_20.json").read_bytes()
    walk = Walk(
        base_url=f"http://{demo.host}:{demo.port}",
        sandbox_url=demo.sandbox_url,
        platform_key=f"sp_{demo.secret('platform-key').hex()}",
        story=teller.story,
        profile=profile,
        pull=first,
        pulled_on=_pulled_on(first, date.today() if own_report else None),  # noqa: DTZ011 a person's own day
        pdf_folder=demo.home / "demo" / demo.database_name,
        own_report=own_report is not None,
    )
    steps: list[tuple[str, Callable[[], str]]] = [
        ("People are made", walk.make_people),
        ("Consent is recorded", walk.give_consents),
        ("The mailbox is open", walk.open_mailbox),
        ("The report is imported", walk.import_first),
        ("Tradelines and findings are listed", walk.list_findings),
        ("The consumer chooses", walk.choose),
        ("Letters are signed and printed", walk.sign),
        ("The exact bytes are approved", walk.approve),
        ("Certified letters are posted", walk.post),
    ]
    if own_report is None:
        second_day = _pulled_on(second, None)
        steps += [
            ("The carrier delivers", walk.deliver),
            ("The clocks run", walk.start_clocks),
            ("The second report is compared", lambda: walk.import_second(second, second_day)),
            ("The operator confirms", walk.confirm),
            ("The rest is overdue", walk.overdue),
        ]
    try:
        return all(teller.step(title, act) for title, act in steps)
    finally:
        walk.close()


def _checks(demo: Settings, admin_url: str, teller: Teller) -> bool:
    return teller.step("audit verify", lambda: audit_holds(demo, admin_url)) and teller.step(
        "projections verify", lambda: projections_hold(demo, admin_url)
    )


def _pulled_on(content: bytes, otherwise: date | None) -> date:
    return parse(content, pulled_on=otherwise).pulled_on


class Teller:
    """Says each step as it happens and keeps how long it took."""

    def __init__(self, console: Console, story: Story) -> None:
        self._console = console
        self.story = story

    def step(self, title: str, act: Callable[[], str]) -> bool:
        """Carry a step out and say what came of it; False when it did not hold."""
        began = time.monotonic()
        with self._console.status(f"{title} ..."):
            try:
                said, ok = act(), True
            except (WalkFailed, httpx.HTTPError) as failed:
                said, ok = str(failed), False
        seconds = time.monotonic() - began
        mark = "[green]ok[/green]" if ok else "[red]failed[/red]"
        self._console.print(f"{mark} {title} [dim]{seconds:.1f} s[/dim]  {said}", highlight=False)
        entry: dict[str, Any] = {"step": title, "ok": ok, "seconds": round(seconds, 3), "said": said}
        self.story.facts["steps"].append(entry)
        return ok

    def said(self, text: str) -> None:
        """Say something that is no step."""
        self._console.print(f"[dim]{text}[/dim]", highlight=False)
