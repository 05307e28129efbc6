"""Who belongs to whom, one to one: the exact best assignment of small sparse groups, and how sure each pair of it is.

Augmenting paths of largest gain, one after the other, reach a maximum-weight matching: the gains never rise, so the
first path that gains nothing ends the search. Weights are whole numbers, so that equal means equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import Final, TypeVar

TANGLED: Final = 200
"""More pairs than this that all depend on each other are not told apart."""

Row = TypeVar("Row", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)


def best_assignment(weights: Mapping[tuple[Row, Column], int]) -> dict[Row, Column]:
    """The pairs, at most one for each row and column, whose positive weights have the largest sum."""
    found: dict[Row, Column] = {}
    while (path := _best_path(weights, found)) is not None:
        found.update(path)
    return found


def total(weights: Mapping[tuple[Row, Column], int], found: Mapping[Row, Column]) -> int:
    """The sum of the weights of these pairs."""
    return sum(weights[pair] for pair in found.items())


def certain_pairs(weights: Mapping[tuple[Row, Column], int], margin: int) -> dict[Row, Column]:
    """The pairs of the best assignment without which every assignment is poorer by at least `margin`.

    Pairs that outweigh all their rivals together are taken first, which changes no best assignment. What is then
    still entangled beyond `TANGLED` pairs is too much alike to be told apart, and left out.
    """
    rest, found = _without_the_plain(weights, margin)
    for group in groups(rest):
        if len(group) <= TANGLED:
            found |= {row: column for (row, column), by in margins(group).items() if by >= margin}
    return found


def margins(weights: Mapping[tuple[Row, Column], int]) -> dict[tuple[Row, Column], int]:
    """The pairs of the best assignment, each with how much poorer the best assignment without it is.

    Nought: there is another assignment just as good, and nothing tells which is right.
    """
    best = best_assignment(weights)
    result: dict[tuple[Row, Column], int] = {}
    for pair in best.items():
        others = {other: weight for other, weight in weights.items() if other != pair}
        result[pair] = total(weights, best) - total(others, best_assignment(others))
    return result


def _without_the_plain(
    weights: Mapping[tuple[Row, Column], int], margin: int
) -> tuple[dict[tuple[Row, Column], int], dict[Row, Column]]:
    """What is left, and the pairs that weigh more than both their rows' and their columns' next best, by `margin`."""
    rest, found = dict(weights), dict[Row, Column]()
    while True:
        of_row, of_column = defaultdict[Row, list[int]](list), defaultdict[Column, list[int]](list)
        for (row, column), weight in rest.items():
            of_row[row].append(weight)
            of_column[column].append(weight)
        plain = {
            row: column
            for (row, column), weight in rest.items()
            if weight - _next_best(of_row[row], weight) - _next_best(of_column[column], weight) >= margin
        }
        if not plain:
            return rest, found
        found |= plain
        taken = set(plain.values())
        rest = {pair: weight for pair, weight in rest.items() if pair[0] not in plain and pair[1] not in taken}


def _next_best(weights: list[int], own: int) -> int:
    """The largest of the others; nought when there are none."""
    others = sorted(weights, reverse=True)
    return (others[1] if others[0] == own else others[0]) if len(others) > 1 else 0


def groups(weights: Mapping[tuple[Row, Column], int]) -> Iterator[dict[tuple[Row, Column], int]]:
    """The weights apart, by rows and columns that have to do with each other."""
    by_row, by_column = defaultdict[Row, list[Column]](list), defaultdict[Column, list[Row]](list)
    for row, column in weights:
        by_row[row].append(column)
        by_column[column].append(row)
    seen: set[Row] = set()
    for first in by_row:
        if first in seen:
            continue
        seen.add(first)
        members, waiting = [first], [first]
        while waiting:
            near = {other for column in by_row[waiting.pop()] for other in by_column[column]} - seen
            seen |= near
            members += near
            waiting += near
        yield {(row, column): weights[row, column] for row in members for column in by_row[row]}


def _best_path(weights: Mapping[tuple[Row, Column], int], found: Mapping[Row, Column]) -> dict[Row, Column] | None:
    """The pairs to add or change that gain most; None when nothing gains.

    `gain[column]` is the best sum of a path from a free row to `column`: a pair that is taken up counts for it, one
    that is given up against it.
    """
    held = {column: row for row, column in found.items()}
    gain: dict[Column, int] = {}
    came_from: dict[Column, Row] = {}
    changed = True
    while changed:
        changed = False
        for (row, column), weight in weights.items():
            if found.get(row) == column or weight <= 0:
                continue
            before = 0 if row not in found else _given_up(gain, found[row], weights[row, found[row]])
            if before is not None and before + weight > gain.get(column, 0):
                gain[column], came_from[column], changed = before + weight, row, True
    ends = [column for column in gain if column not in held]
    if not ends:
        return None
    path: dict[Row, Column] = {}
    end: Column | None = max(ends, key=lambda each: gain[each])
    while end is not None:
        taker = came_from[end]
        path[taker], end = end, found.get(taker)
    return path


def _given_up(gain: Mapping[Column, int], column: Column, weight: int) -> int | None:
    return gain[column] - weight if column in gain else None
