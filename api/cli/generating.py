"""Invented reports with planted errors, and the truth about them, as files."""

from __future__ import annotations

import json
import random
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from domain.credit_reports import ReportFormat
from domain.findings import DETECTORS
from infrastructure.sandbox.report_generator import ALL_ERRORS, GeneratedReport, generate, invent
from infrastructure.sandbox.report_generator.mixes import FEWEST, MOST
from infrastructure.sandbox.report_generator.plants import NoRoom

TRUTH: Final = "truth.json"
ALL: Final = "all"
NONE: Final = "none"
_PULLED_ON: Final = datetime(2026, 1, 5)  # noqa: DTZ001 - a day on paper has no time zone


def generate_reports(
    out: Annotated[Path, typer.Option(help="folder to write to; made if absent")],
    seed: Annotated[int, typer.Option(min=0, help="the first report's seed; each next report has the next")] = 0,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="how many reports in each format")] = 1,
    form: Annotated[str, typer.Option("--format", help="one report format, or all")] = ALL,
    errors: Annotated[str, typer.Option(help="what is planted: D01,D19; all, as far as they fit; or none")] = ALL,
    tradelines: Annotated[
        int | None, typer.Option(min=FEWEST, max=MOST, help="accounts of each report; chance decides if not given")
    ] = None,
    pulled_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="the day of the pull")] = _PULLED_ON,
    force: Annotated[bool, typer.Option("--force", help="write over files that are there")] = False,
) -> None:
    """Invent reports of people who do not exist, and write down in truth.json which error is where."""
    plan, forms, as_of = _plan(errors), _forms(form), pulled_on.date()
    sizes = {own: tradelines or _size(own) for own in range(seed, seed + count)}
    if errors != ALL:
        _have_room(sizes, as_of, plan)
    jobs = [(own, kind) for own in sizes for kind in forms]
    _keep_what_is_there(out, [_name(*job) for job in jobs], force)
    out.mkdir(parents=True, exist_ok=True)
    told: list[dict[str, Any]] = []
    for own, kind in jobs:
        report = generate(
            own, as_of, kind, dict.fromkeys(plan), tradelines=sizes[own], as_far_as_they_fit=errors == ALL
        )
        (out / _name(own, kind)).write_bytes(report.raw)
        told.append(_truth(report, own, kind, as_of, sizes[own]))
    (out / TRUTH).write_text(json.dumps({"reports": told}, indent=2) + "\n", encoding="utf-8")
    planted = sum(len(each["errors"]) for each in told)
    sys.stdout.write(f"{len(told)} reports with {planted} errors in {out}; {TRUTH} says which error is where\n")


def _size(seed: int) -> int:
    return random.Random(f"size/{seed}").randint(FEWEST, MOST)  # noqa: S311 - reproducible test data, not a secret


def _have_room(sizes: dict[int, int], as_of: date, plan: list[str]) -> None:
    """Errors asked for by name are in every report or nothing is written."""
    for seed, size in sizes.items():
        try:
            invent(seed, as_of, dict.fromkeys(plan), size)
        except NoRoom as full:
            said = f"{full} in the report of seed {seed} with {size} tradelines; ask for more tradelines"
            raise typer.BadParameter(said) from None


def _truth(report: GeneratedReport, seed: int, kind: ReportFormat, as_of: date, size: int) -> dict[str, Any]:
    """Where the errors are: `group` is the account's number in the report, absent for personal data. `implied` errors
    are there because of another one that was planted."""
    return {
        "file": _name(seed, kind),
        "format": kind.value,
        "seed": seed,
        "pulled_on": as_of.isoformat(),
        "tradelines_asked_for": size,
        "errors": [
            {
                "detector": error.detector,
                "name": DETECTORS[error.detector].name if error.detector in DETECTORS else None,
                "group": error.group,
                "bureaus": [bureau.value for bureau in error.bureaus],
                "implied": error.implied,
            }
            for error in report.planted
        ],
    }


def _plan(errors: str) -> list[str]:
    if errors in (ALL, NONE):
        return list(ALL_ERRORS) if errors == ALL else []
    asked = [part.strip().upper() for part in errors.split(",")]
    unknown = [part for part in asked if part not in ALL_ERRORS]
    if unknown:
        raise typer.BadParameter(
            f"no error is planted for {unknown[0] or 'nothing'}; known are {', '.join(sorted(ALL_ERRORS))}"
        )
    return asked


def _forms(form: str) -> list[ReportFormat]:
    known = [kind.value for kind in ReportFormat]
    if form != ALL and form not in known:
        raise typer.BadParameter(f"{form} is no report format; known are {', '.join(known)} and {ALL}")
    return list(ReportFormat) if form == ALL else [ReportFormat(form)]


def _name(seed: int, kind: ReportFormat) -> str:
    return f"report_{seed:05d}_{kind.value}.{'xml' if 'xml' in kind.value else 'json'}"


def _keep_what_is_there(out: Path, names: list[str], force: bool) -> None:
    taken = next((out / name for name in (*names, TRUTH) if (out / name).exists()), None)
    if taken is not None and not force:
        raise typer.BadParameter(f"{taken} is there already; --force writes over it")
