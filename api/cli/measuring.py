"""Commands that measure and that try to break."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any

import typer

from api.cli.telling import show, tell
from infrastructure import torture as torturing
from infrastructure.databases import urls_of
from infrastructure.runtime import scratch_database
from infrastructure.settings import load

torture = typer.Typer(help="Try to break what must not break.", no_args_is_help=True)
bench = typer.Typer(help="Measure, with the comparison in the same run.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="print one JSON object and nothing else")]
Seed = Annotated[int, typer.Option(min=0, help="what chance begins with; the same seed asks for the same work")]


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
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Many writers, conflicts and rollbacks, and a reader that must not miss one event."""
    settings = load()
    with scratch_database(settings) as admin_url:
        urls = urls_of(settings, admin_url)
        report = torturing.run(admin_url, urls.app, urls.projector, writers=writers, seconds=seconds, seed=seed)
    sys.stderr.write(f"{report.verdict}\n")
    tell(report.as_dict(), as_json)


def _benchmark(name: str) -> Any:
    """Benchmarks live beside the tests; they are part of a checkout, not of an installed package."""
    try:
        return importlib.import_module(f"tests.benchmarks.{name}")
    except ModuleNotFoundError:
        sys.stderr.write("sfdify: benchmarks run from a checkout of the project\n")
        raise typer.Exit(1) from None


@bench.command("append")
def bench_append(seconds: Annotated[float, typer.Option(min=0.2)] = 1.5, seed: Seed = 0, as_json: Json = False) -> None:
    """Appends a second, beside the library's own recorder, a raw INSERT and pgbench."""
    benchmark, settings = _benchmark("append"), load()
    with scratch_database(settings) as admin_url:
        tell(benchmark.main(admin_url, urls_of(settings, admin_url).app, seconds=seconds, seed=seed), as_json)


@bench.command("projections")
def bench_projections(
    events: Annotated[int, typer.Option(min=1000)] = 200_000, seed: Seed = 0, as_json: Json = False
) -> None:
    """Batched projecting and rebuilding, beside one transaction for each event."""
    benchmark, settings = _benchmark("projections"), load()
    with scratch_database(settings) as admin_url:
        urls = urls_of(settings, admin_url)
        tell(benchmark.main(urls.app, urls.projector, events=events, seed=seed), as_json)


@bench.command("pdf")
def bench_pdf(letters: Annotated[int, typer.Option(min=4)] = 30, seed: Seed = 0, as_json: Json = False) -> None:
    """Letters a second, beside the plain way of printing them."""
    tell(_benchmark("pdf").main(letters=letters, seed=seed), as_json)


@bench.command("reconcile")
def bench_reconcile(
    sequences: Annotated[int, typer.Option(min=1)] = 2000,
    first: Annotated[int, typer.Option(min=0, help="begin with this one of the seed's sequences")] = 0,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Whose row is whose, and what closes by itself, on sequences of pulls whose truth is known."""
    tell(_benchmark("reconcile").main(sequences=sequences, first=first, seed=seed), as_json)


@bench.command("api")
def bench_api(seconds: Annotated[float, typer.Option(min=2)] = 60.0, seed: Seed = 7, as_json: Json = False) -> None:
    """Latency at 100 requests a second, four in five of them reads."""
    tell(_benchmark("api_load").main(seconds=seconds, seed=seed), as_json)


@bench.command("findings")
def bench_findings(files: Annotated[int, typer.Option(min=1)] = 5_000, seed: Seed = 0, as_json: Json = False) -> None:
    """How much of what is planted in invented reports is found, how much that is not there, and how fast."""
    benchmark = _benchmark("findings")
    figures = benchmark.main(files=files, seed=seed)
    if not as_json:
        show(benchmark.table(figures))
        figures = {name: found for name, found in figures.items() if name != "detectors"}
    tell(figures, as_json)


@bench.command("fuzz")
def bench_fuzz(payloads: Annotated[int, typer.Option(min=1)] = 200_000, seed: Seed = 0, as_json: Json = False) -> None:
    """Mutated reports of every format: none may crash a parser, no row may change its bureau."""
    tell(_benchmark("fuzz").main(payloads=payloads, seed=seed), as_json)
