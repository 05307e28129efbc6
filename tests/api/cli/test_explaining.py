"""Explaining a finding from the command line."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from api.cli import explaining
from tests.support.commands import Commands

pytestmark = pytest.mark.slow


def an_id(run: Commands, detector: str) -> str:
    with run.projector() as conn:
        found = conn.execute(
            "SELECT id FROM rm.findings WHERE detector = %s ORDER BY place, id LIMIT 1", (detector,)
        ).fetchone()
    assert found is not None
    return str(found[0])


def test_the_command_says_what_it_does() -> None:
    assert explaining.explain_finding.__doc__


def test_a_finding_is_explained_with_its_rule_and_its_values(run: Commands) -> None:
    identity = an_id(run, "D19")
    told = run("findings", "explain", identity)
    assert told.status == 0, told
    lines = told.out.splitlines()
    assert lines[:3] == [
        f"finding {identity}",
        "detector: D19 current_with_pastdue, version 1",
        "rule: An account shown as current, or paid as agreed, has an amount past due.",
    ]
    assert lines[3].startswith("says: ")
    assert any(", amount past due: $" in line for line in lines)
    assert lines[-1].startswith("leads to: a letter of type status_balance_correction to ")
    assert lines[-2] == "confidence: 93 %"


def test_personal_data_is_shown_only_when_asked_for(run: Commands) -> None:
    identity = an_id(run, "D44")
    hidden, shown = (run("findings", "explain", identity, *more) for more in ((), ("--personal-data",)))
    assert "personal data; --personal-data shows it" in hidden.out
    assert "Social Security number" in shown.out.partition("says:")[2]
    assert "--personal-data" not in shown.out


def test_a_program_is_told_the_same(run: Commands) -> None:
    identity = an_id(run, "D45")
    told = json.loads(run("findings", "explain", identity, "--json").out)
    assert (told["finding_id"], told["detector"]) == (identity, "D45")
    assert told["explanation"]["rule_version"] == 1
    assert {value["printed"] for value in told["values"]} == {"personal data; --personal-data shows it"}


def test_an_unknown_finding_is_one_plain_line(run: Commands) -> None:
    assert run.refused("findings", "explain", str(uuid4())) == "sfdify: there is no finding of this id\n"
    assert "ID" in run.refused("findings", "explain", "nonsense", status=2)
