"""Sequences of pulls say what is true, and what they show agrees with it as far as a pull is whole."""

import pytest

from domain.bureaus import Bureau
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator.sequences import Answer, Pull, Sequence, pull_sequence

MADE = [pull_sequence(seed) for seed in range(40)]


def shown(pull: Pull) -> set[tuple[int, Bureau]]:
    return {(pull.accounts[row.group], row.bureau) for row in parse(pull.raw).rows()}


def test_a_seed_makes_the_same_sequence_again() -> None:
    assert pull_sequence(3) == MADE[3]
    assert MADE[3] != MADE[4]


@pytest.mark.parametrize("made", MADE[:8])
def test_a_whole_section_shows_what_is_on_file_and_no_section_shows_more(made: Sequence) -> None:
    for pull in made.pulls:
        seen = shown(pull)
        assert seen <= pull.on_file
        assert {place for place in pull.on_file if place[1] not in pull.partial} <= seen
    assert not made.pulls[0].partial


def test_items_end_as_they_were_answered() -> None:
    ends = {}
    for made in MADE:
        for item in made.items:
            held = [item.place in pull.on_file for pull in made.pulls]
            done = [item.place in pull.as_asked for pull in made.pulls]
            ends.setdefault(item.answer, []).append((item, held, done))
    assert set(ends) == set(Answer)
    for item, held, _ in ends[Answer.DELETED]:
        assert held == [True] * item.answered + [False] * (7 - item.answered)
    for item, held, _ in ends[Answer.REINSERTED] + ends[Answer.REINSERTED_ELSEWHERE]:
        assert held == [not item.answered <= number < item.back for number in range(7)]
    for item, held, _ in ends[Answer.LEFT_OUT_ONCE]:
        assert held == [number != item.answered for number in range(7)]
    for item, held, done in ends[Answer.CORRECTED] + ends[Answer.TAKEN_BACK]:
        back = item.back if item.answer is Answer.TAKEN_BACK else 7
        assert all(held)
        assert done == [item.answered <= number < back for number in range(7)]
    for _, held, done in ends[Answer.VERIFIED] + ends[Answer.SILENT] + ends[Answer.UPDATED_OTHERWISE]:
        assert (all(held), any(done)) == (True, False)


def test_bureaus_stay_away_or_answer_in_part_now_and_then() -> None:
    partial = sum(len(pull.partial) for made in MADE for pull in made.pulls)
    assert 20 < partial < 200
    assert len({pull.pulled_on for pull in MADE[0].pulls}) == len(MADE[0].pulls)


@pytest.mark.parametrize("made", MADE[:8])
def test_the_summary_counts_what_is_on_file_also_where_the_section_is_thin(made: Sequence) -> None:
    for pull in made.pulls:
        report = parse(pull.raw)
        for bureau in Bureau:
            listed, rows = report.section(bureau).listed, sum(1 for _ in report.rows(bureau))
            if bureau not in pull.partial:
                assert (listed or 0) == rows
            elif rows:
                assert listed is not None
                assert listed > rows
