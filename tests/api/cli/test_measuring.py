"""Breaking and measuring from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from inspect import signature

import pytest
from eventsourcing.persistence import StoredEvent

from api.cli import measuring
from tests.support.commands import Commands
from tests.support.dispute_log import dispute_events, report_events

pytestmark = pytest.mark.slow


def test_every_benchmark_has_a_sentence_of_help() -> None:
    commands = measuring.bench.registered_commands + measuring.torture.registered_commands
    assert {command.name or command.callback.__name__ for command in commands if command.callback} == {
        "append", "projections", "pdf", "api", "findings", "fuzz", "reconcile", "gaps",
    }  # fmt: skip
    assert all(command.callback and command.callback.__doc__ for command in commands)


def test_every_one_takes_a_seed_and_answers_programs() -> None:
    for command in measuring.bench.registered_commands + measuring.torture.registered_commands:
        assert command.callback
        assert {"seed", "as_json"} <= signature(command.callback).parameters.keys()


@pytest.mark.parametrize("log", [dispute_events, report_events])
def test_a_seed_makes_the_same_log_again(log: Callable[[int, int], Iterator[list[StoredEvent]]]) -> None:
    def made(seed: int) -> list[tuple[object, ...]]:
        return [(e.originator_id, e.originator_version, e.topic) for events in log(24, seed) for e in events]

    assert len(made(1)) >= 24
    assert made(1) == made(1)
    assert not set(made(1)) & set(made(2))


def test_a_short_torture_loses_nothing(run: Commands) -> None:
    ended = run("torture", "gaps", "--writers", "2", "--seconds", "2", "--seed", "5", "--json")
    found = json.loads(ended.out)
    assert (found["skipped"], found["repeated"], found["out_of_order"], found["seed"]) == (0, 0, 0, 5)
    assert found["ok"] == (ended.status == 0)
    assert "Traceback" not in ended.err


def test_sequences_of_pulls_are_matched_and_nothing_closes_that_should_not(run: Commands) -> None:
    ended = run("bench", "reconcile", "--sequences", "6", "--seed", "11", "--json")
    found = json.loads(ended.out)
    assert ended.status == 0
    assert (found["wrong_automatic_closes"], found["closes_by_partial_pulls"]) == (0, 0)
    assert found["pairwise_f1"] >= found["pairwise_f1_bound"]
    assert found["disputes"] > found["automatic_closes"] > 0


def test_what_cannot_be_measured_is_refused(run: Commands) -> None:
    assert "--writers" in run.refused("torture", "gaps", "--writers", "1", status=2)
    assert "--seconds" in run.refused("bench", "api", "--seconds", "0", status=2)
    assert "nosuch" in run.refused("bench", "nosuch", status=2)


def test_a_short_scan_of_invented_reports_finds_what_is_planted(run: Commands) -> None:
    figures = json.loads(run("bench", "findings", "--files", "6", "--seed", "77", "--json").out)
    assert (figures["precision"], figures["recall"], figures["seed"]) == (1.0, 1.0, 77)
    assert figures["planted"] == sum(each["planted"] for each in figures["detectors"].values()) > 10
    table = run("bench", "findings", "--files", "2", "--seed", "77").out
    assert "D45 unknown_address_employer" in table


def test_a_short_fuzz_run_does_no_harm(run: Commands) -> None:
    ended = run("bench", "fuzz", "--payloads", "60", "--seed", "5", "--json")
    figures = json.loads(ended.out)
    assert (ended.status, figures["ok"], figures["crashes"], figures["wrong_bureau"]) == (0, True, 0, 0)
    assert figures["read"] + figures["refused"] == figures["payloads"] == 60
