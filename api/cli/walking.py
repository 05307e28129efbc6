"""The whole walk in one command, and its everyday first step."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from api.cli.generating import generate_reports
from api.demo import run_demo
from application.kernel import system
from application.reports import ImportReport
from domain.kernel import NotFound
from infrastructure.databases import migrated
from infrastructure.reports.recognition import media_type_of
from infrastructure.runtime import tenant_of_consumer
from infrastructure.settings import load
from infrastructure.wiring import wire

reports = typer.Typer(help="Credit reports.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    reports.command("generate")(generate_reports)
    app.add_typer(reports, name="reports")


def demo(
    json_file: Annotated[Path | None, typer.Option("--json", help="write what happened to this file")] = None,
    report: Annotated[Path | None, typer.Option(help="walk with this export of yours, up to posting")] = None,
) -> None:
    """Watch a credit report become disputes, certified letters, deadlines and outcomes."""
    if not run_demo(load(), json_file, report):
        raise typer.Exit(1)


@reports.callback()
def _reports() -> None:
    """Credit reports."""


@reports.command("import")
def import_report(
    file: Path,
    consumer: Annotated[UUID, typer.Option(help="whose report it is")],
    free_annual: Annotated[
        bool, typer.Option("--free-annual", help="a free copy from AnnualCreditReport.com: 45 days, not 30")
    ] = False,
) -> None:
    """Bring a report in."""
    settings = load()
    content = file.read_bytes()
    with migrated(settings) as admin_url, wire(settings, admin_url, pool_size=4) as sfdify:
        tenant_id = tenant_of_consumer(settings, admin_url, consumer)
        if tenant_id is None:
            raise NotFound("there is no consumer of this id")
        command = ImportReport(
            consumer_id=consumer, content=content, media_type=media_type_of(content), free_annual=free_annual
        )
        done = sfdify.bus.handle(command, system(tenant_id))
    sys.stdout.write(
        f"report {done.answer['report_id']}: {done.answer['tradelines']} tradelines,"
        f" {done.answer['findings']} findings\n"
    )
