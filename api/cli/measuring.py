"""Commands that measure and that try to break."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from infrastructure import torture as torturing
from infrastructure.runtime import scratch_database
from infrastructure.settings import load
from infrastructure.wiring import urls_of

torture = typer.Typer(help="Try to break what must not break.", no_args_is_help=True)
bench = typer.Typer(help="Measure, with the comparison in the same run.", no_args_is_help=True)
JsonFile = Annotated[Path | None, typer.Option("--json", help="also write the figures to this file")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(torture, name="torture")
    app.add_typer(bench, name="bench")


@torture.callback()
def _torture() -> None:
    """Try to break what must not break."""


@torture.command()
def gaps(
    writers: Annotated[int, typer.Option(min=2, max=64)] = 6,
    seconds: Annotated[float, typer.Option(min=1, max=3600)] = 20.0,
) -> None:
    """Many writers, conflicts and rollbacks, and a reader that must not miss one event."""
    settings = load()
    with scratch_database(settings) as admin_url:
        urls = urls_of(settings, admin_url)
        report = torturing.run(admin_url, urls.app, urls.projector, writers=writers, seconds=seconds)
    sys.stdout.write(f"{json.dumps(report.as_dict())}\n{report.verdict}\n")
    if not report.ok:
        raise typer.Exit(1)


def _benchmark(name: str) -> Any:
    """Benchmarks live beside the tests; they are part of a checkout, not of an installed package."""
    try:
        return importlib.import_module(f"tests.benchmarks.{name}")
    except ModuleNotFoundError:
        sys.stderr.write("sfdify: benchmarks run from a checkout of the project\n")
        raise typer.Exit(1) from None


def _tell(figures: Mapping[str, Any], json_file: Path | None) -> None:
    text = json.dumps(figures, indent=2, default=str)
    sys.stdout.write(text + "\n")
    if json_file is not None:
        json_file.write_text(text + "\n")


@bench.command("append")
def bench_append(seconds: Annotated[float, typer.Option(min=0.2)] = 1.5, json_file: JsonFile = None) -> None:
    """Appends a second, beside the library's own recorder, a raw INSERT and pgbench."""
    benchmark, settings = _benchmark("append"), load()
    with scratch_database(settings) as admin_url:
        _tell(benchmark.main(admin_url, urls_of(settings, admin_url).app, seconds=seconds), json_file)


@bench.command("projections")
def bench_projections(events: Annotated[int, typer.Option(min=1000)] = 20_000, json_file: JsonFile = None) -> None:
    """Batched projecting and rebuilding, beside one transaction for each event."""
    benchmark, settings = _benchmark("projections"), load()
    with scratch_database(settings) as admin_url:
        urls = urls_of(settings, admin_url)
        _tell(benchmark.main(urls.app, urls.projector, events=events), json_file)


@bench.command("pdf")
def bench_pdf(letters: Annotated[int, typer.Option(min=4)] = 30, json_file: JsonFile = None) -> None:
    """Letters a second, beside the plain way of printing them."""
    _tell(_benchmark("pdf").main(letters=letters), json_file)


@bench.command("api")
def bench_api(seconds: Annotated[float, typer.Option(min=2)] = 60.0, json_file: JsonFile = None) -> None:
    """Latency at 100 requests a second, four in five of them reads."""
    _tell(_benchmark("api_load").main(seconds=seconds), json_file)
