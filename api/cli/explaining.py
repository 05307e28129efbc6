"""Findings from the command line: why one was made."""

from __future__ import annotations

import json
import sys
from typing import Annotated
from uuid import UUID

import typer

from domain.findings import Finding
from domain.findings.explaining import explain
from domain.kernel import NotFound
from domain.reports import Report
from infrastructure.databases import migrated
from infrastructure.runtime import place_of_finding
from infrastructure.settings import load
from infrastructure.wiring import wire

findings = typer.Typer(help="What was found in reports.", no_args_is_help=True)
_HIDDEN = "personal data; --personal-data shows it"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(findings, name="findings")


@findings.callback()
def _findings() -> None:
    """What was found in reports."""


@findings.command("explain")
def explain_finding(
    finding_id: Annotated[UUID, typer.Argument(metavar="ID", help="the finding's id, as lists show it")],
    personal_data: Annotated[bool, typer.Option("--personal-data", help="also show names, dates, addresses")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say why a finding was made: its detector, the rule in words, the values it rests on, and what it leads to."""
    found = _find(finding_id)
    if found.sensitive and not personal_data:
        hidden = tuple(value.model_copy(update={"printed": _HIDDEN}) for value in found.values)
        found = found.model_copy(update={"values": hidden, "assertable": _HIDDEN})
    if as_json:
        facts = found.model_dump(mode="json") | {"explanation": explain(found).model_dump(mode="json")}
        sys.stdout.write(json.dumps({"finding_id": str(finding_id)} | facts) + "\n")
    else:
        sys.stdout.write("\n".join(_told(finding_id, found)) + "\n")


def _find(finding_id: UUID) -> Finding:
    settings = load()
    with migrated(settings) as admin_url, wire(settings, admin_url, pool_size=2) as sfdify:
        place = place_of_finding(settings, admin_url, finding_id)
        report = sfdify.engine.load(place.tenant_id, Report, place.report_id) if place else None
    for finding in report.findings if report is not None and place is not None else ():
        if place is not None and finding.finding_key == place.finding_key:
            return finding
    raise NotFound("there is no finding of this id")


def _told(finding_id: UUID, found: Finding) -> list[str]:
    why = explain(found)
    lines = [
        f"finding {finding_id}",
        f"detector: {found.detector} {found.name}, version {found.version}",
        f"rule: {why.rule}",
    ]
    if why.rule_version != found.version:
        lines.append(
            f"      (the words of version {why.rule_version}; this finding was made by version {found.version})"
        )
    lines += [f"says: {found.assertable}", "values as printed:"]
    lines += [f"  {value.bureau.display_name}, {value.label}: {value.printed}" for value in found.values]
    return [*lines, f"confidence: {found.confidence} %", f"leads to: {why.leads_to}"]
