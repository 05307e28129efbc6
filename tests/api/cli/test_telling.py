"""What was measured is told as a table or as one JSON object, and a missed bound is an exit status."""

from __future__ import annotations

import json

import pytest
import typer

from api.cli.telling import tell, versions

FIGURES = {"ok": True, "cells": [{"rate": 7.5}, {"rate": 9}], "ratio": {"library": 2.26}, "notes": ["a", "b"]}


def test_programs_get_one_object_with_the_versions(capsys: pytest.CaptureFixture[str]) -> None:
    tell(FIGURES | {"versions": {"postgres": "18"}}, True)
    said = json.loads(capsys.readouterr().out)
    assert said == FIGURES | {"versions": versions() | {"postgres": "18"}}
    assert set(versions()) == {"python", "eventsourcing", "psycopg"}


def test_people_get_a_line_for_each_figure(capsys: pytest.CaptureFixture[str]) -> None:
    tell(FIGURES, False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["│", "cells.1.rate", "│", "9", "│"] in lines
    assert ["│", "ratio.library", "│", "2.26", "│"] in lines


@pytest.mark.parametrize("as_json", [True, False])
def test_a_missed_bound_is_said_and_fails(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        tell({"ok": False, "skipped": 3}, as_json)
    said = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert "3" in said.out
    assert said.err.startswith("sfdify: a bound was missed")
