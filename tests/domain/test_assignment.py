"""The best assignment is the best one that trying all of them finds, and its margins are true."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from domain.assignment import TANGLED, best_assignment, certain_pairs, groups, margins, total

WEIGHTS = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(10, 14)), st.integers(1, 12), max_size=14)


def by_trying_all(weights: dict[tuple[int, int], int]) -> int:
    rows, columns = range(5), range(10, 15)
    return max(
        sum(weights.get(pair, 0) for pair in zip(rows, order, strict=True)) for order in permutations(columns)
    )


@given(WEIGHTS)
def test_no_assignment_is_better(weights: dict[tuple[int, int], int]) -> None:
    found = best_assignment(weights)
    assert len(set(found.values())) == len(found)
    assert found.items() <= set(weights)
    assert total(weights, found) == by_trying_all(weights)


@given(WEIGHTS)
def test_a_margin_is_what_giving_the_pair_up_costs(weights: dict[tuple[int, int], int]) -> None:
    for pair, margin in margins(weights).items():
        without = {other: weight for other, weight in weights.items() if other != pair}
        assert margin == by_trying_all(weights) - by_trying_all(without) >= 0


@given(WEIGHTS)
def test_groups_part_the_pairs(weights: dict[tuple[int, int], int]) -> None:
    parts = list(groups(weights))
    assert {pair: weight for part in parts for pair, weight in part.items()} == weights
    assert sum(map(len, parts)) == len(weights)
    for axis in (0, 1):
        ends = [{pair[axis] for pair in part} for part in parts]
        assert sum(map(len, ends)) == len(set().union(*ends))


def test_the_first_come_does_not_take_what_another_needs() -> None:
    weights = {("a", 1): 5, ("a", 2): 5, ("b", 1): 5}
    assert best_assignment(weights) == {"a": 2, "b": 1}
    assert margins(weights) == {("a", 2): 5, ("b", 1): 5}


def test_what_cannot_be_told_apart_has_no_margin() -> None:
    assert set(margins({("a", 1): 5, ("a", 2): 5}).values()) == {0}
    assert set(margins({(row, column): 5 for row in "ab" for column in (1, 2)}).values()) == {0}


@given(WEIGHTS, st.integers(1, 8))
def test_certain_is_what_no_assignment_may_miss(weights: dict[tuple[int, int], int], margin: int) -> None:
    expected = {row: column for (row, column), by in margins(weights).items() if by >= margin}
    assert certain_pairs(weights, margin) == expected


def test_hundreds_of_rows_are_told_apart_by_what_each_has_alone() -> None:
    weights = {(row, column): 9 if row == column else 4 for row in range(60) for column in range(60)}
    assert certain_pairs(weights, 1) == {row: row for row in range(60)}
    assert certain_pairs(dict.fromkeys(weights, 4), 1) == {}
    assert len(weights) > TANGLED
