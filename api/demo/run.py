"""Setting the demonstration up, telling it step by step, and writing down what happened."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from api.cli.running import stack_of
from api.demo.checks import audit_holds, projections_hold
from api.demo.client import WalkFailed
from api.demo.walk import Story, Walk, read_json
from infrastructure.databases import database
from infrastructure.reports import parse
from infrastructure.runtime import prepare
from infrastructure.settings import CHECKOUT, Settings
from infrastructure.stack import Stack, StackFailed, free_port

SAMPLES = CHECKOUT / "samples"


def run_demo(settings: Settings, json_file: Path | None, own_report: Path | None) -> bool:
    """Walk the walk; True when every step held. It has a database of its own, which stays for looking around.

    Raises OSError before anything is done when `json_file` cannot be written.
    """
    if json_file is not None:
        json_file.open("a").close()
    reports = _reports(own_report)
    demo = demo_of(settings)
    story = Story({"database": demo.database_name, "started_at": datetime.now(UTC).isoformat(), "steps": []})
    teller = Teller(Console(), story)
    teller.begin()
    began = time.monotonic()
    with database(demo) as admin_url:
        ok = teller.step("The database is ready", lambda: f"{len(prepare(demo, admin_url))} migrations")
        with ExitStack() as running:
            stack = stack_of(demo, logs_of(demo))
            ok = ok and teller.step("All processes run", lambda: _started(running, stack))
            ok = ok and _walk(_walker(demo, story, reports, own_report is not None), teller)
            ok = ok and _checks(demo, admin_url, teller)
    story.note(ok=ok, seconds=round(time.monotonic() - began, 2))
    if json_file is not None:
        json_file.write_text(json.dumps(story.facts, indent=2, default=str) + "\n")
    teller.end(ok, demo)
    return ok


def demo_of(settings: Settings) -> Settings:
    """This installation's settings, on this machine alone and with the sandbox: a demonstration never reaches a real
    provider, nor the addresses at which the installation itself is found."""
    return settings.model_copy(
        update={
            "database_name": f"sfdify_demo_{token_hex(4)}",
            "host": "127.0.0.1",
            "port": free_port(),
            "public_url_override": None,
            "sandbox_port": free_port(),
            "sandbox_url_override": None,
            "feed_port": free_port(),
            "feed_url_override": None,
            "feed_redirect_url_override": None,
            **{name: None for name in Settings.model_fields if name.startswith("smartcredit_")},
            "smartcredit_sends_iss": False,
            "lob_api_key": None,
            "lob_base_url": None,
            "rate_user_per_minute": 5_000,
            "rate_tenant_per_minute": 20_000,
        }
    )


def logs_of(demo: Settings) -> Path:
    """Where the demonstration's processes write what they have to say."""
    return demo.home / "logs" / demo.database_name


def kept_of(demo: Settings) -> Path:
    """Where the demonstration keeps its people's sign-ins, and the letters as they were approved."""
    return demo.home / "demo" / demo.database_name


def _started(running: ExitStack, stack: Stack) -> str:
    running.enter_context(stack)
    return f"{', '.join(stack.commands)}; the API is at {stack.url}"


def _reports(own: Path | None) -> list[tuple[date, bytes]]:
    """The day of each report and its bytes: a person's own, or the committed ones."""
    files = [own] if own is not None else [SAMPLES / name for name in ("first_pull.json", "day_20.json", "day_60.json")]
    today = date.today() if own is not None else None  # noqa: DTZ011 a person's own day
    contents = [file.read_bytes() for file in files]
    return [(parse(content, pulled_on=today).pulled_on, content) for content in contents]


def _walker(demo: Settings, story: Story, reports: list[tuple[date, bytes]], is_own: bool) -> Walk:
    return Walk(
        base_url=f"http://{demo.host}:{demo.port}",
        sandbox_url=demo.sandbox_url,
        feed_url=demo.feed_url,
        platform_key=f"sp_{demo.secret('platform-key').hex()}",
        story=story,
        profile=read_json(SAMPLES / "consumer.json"),
        reports=reports,
        folder=kept_of(demo),
        own_report=is_own,
    )


def _walk(walk: Walk, teller: Teller) -> bool:
    steps: list[tuple[str, Callable[[], str]]] = [
        ("People are made", walk.make_people),
        ("Consent is recorded", walk.give_consents),
        ("The mailbox is open", walk.open_mailbox),
        ("The report provider is connected", walk.connect),
        ("The report is imported", walk.import_first),
        ("Tradelines and findings are listed", walk.list_findings),
        ("The consumer chooses", walk.choose),
        ("Letters are signed and printed", walk.sign),
        ("The exact bytes are approved", walk.approve),
        ("Certified letters are posted", walk.post),
    ]
    if not walk.own_report:
        steps += [
            ("The carrier delivers", walk.deliver),
            ("The clocks run", walk.start_clocks),
            ("The second report is compared", walk.import_second),
            ("The operator confirms", walk.confirm),
            ("The rest is overdue", walk.overdue),
            ("A third report brings one back", walk.import_third),
        ]
    steps.append(("Nothing is left undone", walk.nothing_set_aside))
    try:
        return all(teller.step(title, act) for title, act in steps)
    finally:
        walk.close()


def _checks(demo: Settings, admin_url: str, teller: Teller) -> bool:
    return teller.step("The log is as it was written", lambda: audit_holds(demo, admin_url)) and teller.step(
        "The query tables equal a replay", lambda: projections_hold(demo, admin_url)
    )


class Teller:
    """Says each step as it happens and keeps how long it took. Lines fit eighty columns."""

    def __init__(self, console: Console, story: Story) -> None:
        self._console = console
        self.story = story

    def begin(self) -> None:
        """Say what is going to be seen."""
        self._console.print("\n[bold]SFDIFY[/bold]  from a credit report to certified letters and their deadlines")
        self._console.print("Every step is a call of the public API, signed in as a customer would be.\n")

    def step(self, title: str, act: Callable[[], str]) -> bool:
        """Carry a step out and say what came of it; False when it did not hold."""
        began = time.monotonic()
        with self._console.status(f"{title} ..."):
            try:
                said, ok = act(), True
            except (WalkFailed, StackFailed, httpx.HTTPError) as failed:
                said, ok = str(failed) or type(failed).__name__, False
        seconds = time.monotonic() - began
        mark = "[green]ok    [/green]" if ok else "[red]failed[/red]"
        self._console.print(f"{mark} {seconds:5.1f} s  [bold]{title}[/bold]", highlight=False)
        self._console.print(Padding(Text(said, style="dim" if ok else "red"), (0, 0, 0, 16), expand=False))
        entry: dict[str, Any] = {"step": title, "ok": ok, "seconds": round(seconds, 3), "said": said}
        self.story.facts["steps"].append(entry)
        return ok

    def end(self, ok: bool, demo: Settings) -> None:
        """Say how it went and where to look further."""
        verdict = "[green]Every step held[/green]" if ok else "[red]The walk did not hold[/red]"
        self._console.print(f"\n{verdict} in {self.story.facts['seconds']:.1f} s.")
        places = {"Process logs": str(logs_of(demo))}
        if demo.embedded_database:
            places["Look around"] = f"SFDIFY_DATABASE={demo.database_name} ./run up"
        if "tenant_id" in self.story.facts:
            places["Sign in with"] = str(kept_of(demo) / "operator.json")
        if "pdfs" in self.story.facts:
            places["Letters"] = str(kept_of(demo))
        for name, place in places.items():
            self._console.print(f"  {name:13} {place}", highlight=False, soft_wrap=True)
