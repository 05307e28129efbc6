"""Commands for operators and auditors."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table

from api.cli.telling import tell
from application.consumers import EraseConsumer, PurgeConsumer
from application.kernel import system
from domain.consumers import Consumer, ErasureReason
from domain.kernel import NotFound
from infrastructure.databases import migrated, urls_of
from infrastructure.event_store import integrity
from infrastructure.jobs import JobState
from infrastructure.postgres import pool
from infrastructure.projecting import (
    Busy,
    Decode,
    NotRetired,
    NotSwapped,
    Runner,
    Stale,
    Stuck,
    drop_retired,
    parked_events,
    replay_parked,
    retired,
    status,
)
from infrastructure.projecting import Progress as Done
from infrastructure.projecting import rebuild as rebuild_one
from infrastructure.projecting import verify as verify_one
from infrastructure.projecting.positions import connect
from infrastructure.projecting.rebuild import Report
from infrastructure.quiet import wait_until_projected
from infrastructure.runtime import decoder, tenant_of_consumer
from infrastructure.settings import load
from infrastructure.wiring import Sfdify, wire
from projections import ALL
from projections.kernel import Projection

projections = typer.Typer(help="Query tables: their state, rebuilding and verifying them.", no_args_is_help=True)
jobs = typer.Typer(help="The machine's own work.", no_args_is_help=True)
audit = typer.Typer(help="The log's hash chain.", no_args_is_help=True)
consumers = typer.Typer(help="Consumers.", no_args_is_help=True)
out = Console()
DIFFERENCES_SHOWN = 100
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for name, group in (("projections", projections), ("jobs", jobs), ("audit", audit), ("consumers", consumers)):
        app.add_typer(group, name=name)


def _chosen(name: str | None, every: bool) -> list[Projection]:
    if every == (name is not None):
        raise typer.BadParameter("name one projection, or say --all")
    found = [projection for projection in ALL if every or projection.name == name]
    if not found:
        raise typer.BadParameter(f"there is no projection {name}; `sfdify projections list` names them")
    return found


@projections.command("list")
def list_projections() -> None:
    """Name every projection and its tables."""
    for projection in ALL:
        out.print(f"{projection.name}: {', '.join(table.name for table in projection.tables)}", highlight=False)


@projections.command("status")
def show_status(as_json: Json = False) -> None:
    """How far each projection has read, and whether its rows may be used; those of other releases are told too."""
    settings = load()
    with migrated(settings) as admin_url, connect(urls_of(settings, admin_url).projector, "status") as conn:
        found, strangers = status(conn, ALL), retired(conn, ALL)
    rows = [
        {
            "name": one.name,
            "state": one.state,
            "rebuilding": one.rebuilding,
            "lag_seconds": one.lag.seconds if one.lag else None,
            "lag_events": one.lag.events if one.lag else None,
            "parked": one.lag.parked if one.lag else None,
        }
        for one in (*found, *strangers)
    ]
    _show(rows, as_json)
    if not all(one.is_usable for one in found):
        raise typer.Exit(1)


@projections.command("drop")
def drop(
    name: Annotated[str, typer.Argument()],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Drop the tables of a projection that this release does not have. Only that release can make them again."""
    settings = load()
    if not yes:
        typer.confirm(f"Drop the query tables of projection {name} and its place in the log?", abort=True)
    with migrated(settings) as admin_url, connect(urls_of(settings, admin_url).projector, "drop") as conn:
        try:
            done = drop_retired(conn, name, ALL)
        except (Busy, NotRetired) as error:
            sys.stderr.write(f"sfdify: {error}\n")
            raise typer.Exit(1) from None
    tables = ", ".join(f"rm.{table}" for table in done.tables) or "no table"
    out.print(f"{done.name}: dropped {tables} and {done.parked} parked events", highlight=False)


@projections.command("rebuild")
def rebuild(
    name: Annotated[str | None, typer.Argument()] = None,
    every: Annotated[bool, typer.Option("--all", help="every projection")] = False,
    accept_parked: Annotated[bool, typer.Option(help="also where events cannot be read; they are parked")] = False,
) -> None:
    """Replay the log into fresh tables and swap them in; readers notice nothing. A killed run is resumed."""
    chosen, settings, failures = _chosen(name, every), load(), 0
    with migrated(settings) as admin_url, decoder(settings, admin_url) as decode:
        for projection in chosen:
            try:
                with _bar(projection.name) as report:
                    done = rebuild_one(
                        urls_of(settings, admin_url).projector, projection, decode,
                        report=report, accept_parked=accept_parked,
                    )  # fmt: skip
            except (Busy, NotSwapped, Stuck) as error:
                sys.stderr.write(f"sfdify: {error}\n")
                failures += 1
                continue
            parked = f", {done.parked} streams parked" if done.parked else ""
            out.print(f"{done.name}: {done.events} events in {done.seconds:.1f} s{parked}", highlight=False)
    if failures:
        raise typer.Exit(1)


@projections.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument()] = None,
    every: Annotated[bool, typer.Option("--all", help="every projection")] = False,
    as_json: Json = False,
) -> None:
    """Replay the log into scratch tables and compare row by row. Rows that differ are named by their keys."""
    chosen, settings = _chosen(name, every or name is None), load()
    with migrated(settings) as admin_url, decoder(settings, admin_url) as decode:
        rows = [_verified(urls_of(settings, admin_url).projector, projection, decode) for projection in chosen]
    tell({"ok": all(row["ok"] for row in rows), "projections": rows}, as_json)


def _verified(projector_url: str, projection: Projection, decode: Decode) -> dict[str, object]:
    """What the comparison found, or why there was none: the others are verified all the same."""
    began = time.monotonic()
    try:
        found = verify_one(projector_url, projection, decode, show=DIFFERENCES_SHOWN)
    except (Busy, Stale, Stuck) as error:
        return {"name": projection.name, "ok": False, "why": str(error)}
    return {
        "name": projection.name,
        "ok": found.ok,
        "rows": found.rows,
        "differences": found.differences,
        "found": [asdict(difference) for difference in found.found],
        "parked": found.parked,
        "events": found.events,
        "position": found.position,
        "seconds": round(time.monotonic() - began, 3),
    }


@projections.command("parked")
def list_parked(as_json: Json = False) -> None:
    """The events set aside, each with the failure it or the event before it met. `replay` tries them again."""
    settings = load()
    with migrated(settings) as admin_url, connect(urls_of(settings, admin_url).projector, "parked") as conn:
        found = parked_events(conn)
    _show([one._asdict() for one in found], as_json)


@projections.command("replay")
def replay(name: Annotated[str, typer.Argument()]) -> None:
    """Try a projection's parked events again, after their cause was mended."""
    settings = load()
    with migrated(settings) as admin_url, decoder(settings, admin_url) as decode:
        done = replay_parked(urls_of(settings, admin_url).projector, _chosen(name, False)[0], decode)
    out.print(f"{done}", highlight=False)


@jobs.command("list")
def list_jobs(
    state: Annotated[JobState | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """The newest jobs of every tenant."""
    settings = load()
    with migrated(settings) as admin_url, wire(settings, admin_url, pool_size=2) as sfdify:
        found = sfdify.jobs.of_everyone([state] if state else None, limit=limit)
    _show(
        [
            {"id": str(j.id), "queue": j.queue, "state": j.state.value, "attempts": j.attempts, "error": j.last_error}
            for j in found
        ],
        as_json,
    )


@jobs.command("show")
def show_job(job_id: UUID) -> None:
    """One job."""
    settings = load()
    with migrated(settings) as admin_url, wire(settings, admin_url, pool_size=2) as sfdify:
        job = sfdify.jobs.find(job_id)
    if job is None:
        raise NotFound("there is no job of this id")
    out.print_json(json.dumps({name: str(getattr(job, name)) for name in job.__slots__}))


@jobs.command("retry")
def retry_job(job_id: UUID) -> None:
    """Let a buried job run again."""
    _move_job(job_id, "retry")


@jobs.command("bury")
def bury_job(job_id: UUID) -> None:
    """Set a waiting job aside."""
    _move_job(job_id, "bury")


def _move_job(job_id: UUID, verb: str) -> None:
    settings = load()
    with migrated(settings) as admin_url, wire(settings, admin_url, pool_size=2) as sfdify:
        job = sfdify.jobs.find(job_id)
        if job is None:
            raise NotFound("there is no job of this id")
        moved = getattr(sfdify.jobs, verb)(job.tenant_id, job_id)
    if not moved:
        sys.stderr.write(f"sfdify: a job that is {job.state.value} cannot be changed by {verb}\n")
        raise typer.Exit(1)
    out.print(f"{verb}: {job_id}", highlight=False)


@audit.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Recompute the hash of every event of the log."""
    settings = load()
    began = time.monotonic()
    with migrated(settings) as admin_url:
        held = pool(urls_of(settings, admin_url).projector, "projector", 1)
        with held.connection() as conn:
            report = integrity.verify(conn)
        held.close()
    found = {
        "events": report.rows,
        "streams": report.streams,
        "bad": [{"position": bad.position, "why": bad.why} for bad in report.bad],
        "seconds": round(time.monotonic() - began, 3),
    }
    tell({"ok": not report.bad} | found, as_json)


@audit.command("export")
def audit_export(path: Path, tenant: Annotated[UUID | None, typer.Option()] = None) -> None:
    """Write the log, sealed parts sealed, for the stand-alone verifier."""
    settings = load()
    with migrated(settings) as admin_url:
        held = pool(urls_of(settings, admin_url).projector, "projector", 1)
        with held.connection() as conn:
            rows = integrity.export(conn, path, tenant)
        held.close()
    out.print(f"{rows} events written to {path}", highlight=False)


@consumers.command("erase")
def erase_consumer(
    consumer_id: UUID,
    reason: Annotated[ErasureReason, typer.Option()] = ErasureReason.ASKED_BY_CONSUMER,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Destroy a consumer's key. What the log and the store hold of them can then never be read again."""
    if not yes:
        typer.confirm("This cannot be undone. Go on?", abort=True)
    settings = load()
    with migrated(settings) as admin_url, wire(settings, admin_url, pool_size=4) as sfdify:
        tenant_id = tenant_of_consumer(settings, admin_url, consumer_id)
        if tenant_id is None:
            raise NotFound("there is no consumer of this id")
        caller = system(tenant_id)
        done = sfdify.bus.handle(EraseConsumer(consumer_id=consumer_id, reason=reason), caller)
        known = _project(sfdify, admin_url, done.position)  # so that purging knows every sign-in of the person
        purged = sfdify.bus.handle(PurgeConsumer(consumer_id=consumer_id), caller)
        projected = _project(sfdify, admin_url, purged.position or done.position)
        consumer = sfdify.engine.load(tenant_id, Consumer, consumer_id)
        destroyed = sfdify.keyring.key(tenant_id, consumer_id) is None
    out.print(f"key destroyed: {destroyed}", highlight=False)
    out.print(f"objects erased: {purged.answer['objects_erased']}", highlight=False)
    if not purged.answer["key_destroyed"]:
        out.print("another process took part: not all that was erased is counted here", highlight=False)
    out.print(f"stream loads without the person: {consumer is not None and consumer.profile is None}", highlight=False)
    if not known:
        out.print("sign-ins: a worker ends them once the query tables have read so far", highlight=False)
    out.print(
        "query tables: erased" if projected else "query tables: not yet; see `sfdify projections status`",
        highlight=False,
    )


def _project(sfdify: Sfdify, admin_url: str, position: int) -> bool:
    """Bring the query tables to `position`, or wait for whoever owns them; whether they have reached it."""
    with decoder(sfdify.settings, admin_url) as decode, suppress(TimeoutError):
        Runner(sfdify.urls.projector, ALL, decode).drain(5.0)
    return wait_until_projected(sfdify, position, time.monotonic() + 10.0)


def _show(rows: Sequence[Mapping[str, object]], as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(rows, default=str))
        return
    whole = ("id", "originator_id")  # to be copied into the next command
    table = Table(*(Column(name, no_wrap=name in whole) for name in (rows[0] if rows else ("nothing",))))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    out.print(table)


class _bar:  # noqa: N801 used like a function
    """A progress bar with rate and time left."""

    def __init__(self, name: str) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} events {task.fields[rate]}/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=out,
        )
        self._name = name

    def __enter__(self) -> Report:
        self._progress.start()
        task = self._progress.add_task(self._name, total=None, rate=0)

        def report(done: Done) -> None:
            self._progress.update(task, completed=done.done, total=done.total, rate=round(done.rate))

        return report

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
