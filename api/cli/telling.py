"""How a command that measures or verifies tells what it found: a table for people, one JSON object for programs."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

_VERSIONS = ("eventsourcing", "psycopg")


def tell(figures: Mapping[str, Any], as_json: bool) -> None:
    """Show the figures; `ok` among them says whether every bound held, and is the exit status too."""
    whole = {**figures, "versions": versions() | dict(figures.get("versions", {}))}
    if as_json:
        sys.stdout.write(json.dumps(whole, default=str) + "\n")
    else:
        _print(whole)
    if not figures["ok"]:
        sys.stderr.write("sfdify: a bound was missed; the figures say which\n")
        raise typer.Exit(1)


def show(lines: Iterable[tuple[str, ...]]) -> None:
    """Lines as a table for people; the first names the columns."""
    head, *rest = lines
    table = Table(*head)
    for line in rest:
        table.add_row(*line)
    Console().print(table)


def versions() -> dict[str, str]:
    """What the figures were taken with."""
    return {"python": platform.python_version()} | {name: version(name) for name in _VERSIONS}


def _print(figures: Mapping[str, Any]) -> None:
    table = Table("what", "found")
    for name, value in _flat(figures):
        table.add_row(name, str(value))
    Console().print(table)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every single figure under the names that lead to it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{number}")
    else:
        yield name, value
