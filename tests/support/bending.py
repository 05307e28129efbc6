"""Bending small reports: any place of a tree replaced by anything, as hypothesis thinks of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[Any, ...]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(allow_nan=False, allow_infinity=False),
    st.text("abXYZ019-/* {<&é \x00", max_size=12),
    st.sampled_from(["-", "{}", "Experian", "EXP", "TransUnion", "13452020", "02002020", "00000000", "2020-02-31"]),
    st.just("9" * 300),
)  # fmt: skip


def anything(names: list[str]) -> st.SearchStrategy[Any]:
    """Any small JSON value whose objects use these names."""
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(names), inner, max_size=4)
        ),
        max_leaves=20,
    )


def names_in(node: object) -> list[str]:
    """Every name used in a tree."""
    if isinstance(node, dict):
        return sorted({*node, *(name for value in node.values() for name in names_in(value))})
    if isinstance(node, list):
        return sorted({name for item in node for name in names_in(item)})
    return []


def places(node: object, path: Path = ()) -> Iterator[Path]:
    """Every place of a tree below its root."""
    if path:
        yield path
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from places(node[key], (*path, key))


def bends(tree: object) -> st.SearchStrategy[list[tuple[Path, Any]]]:
    """One to three places of the tree, and what to put there."""
    return st.lists(st.tuples(st.sampled_from(list(places(tree))), anything(names_in(tree))), min_size=1, max_size=3)


def bent(tree: Any, changes: list[tuple[Path, Any]]) -> Any:
    """A copy of the tree with the changes made; a place an earlier change took away is left alone."""
    changed = copy.deepcopy(tree)
    for path, value in changes:
        node = changed
        for key in path[:-1]:
            node = node[key] if _holds(node, key) else None
        if _holds(node, path[-1]):
            node[path[-1]] = value
    return changed


def _holds(node: Any, key: Any) -> bool:
    return key in node if isinstance(node, dict) else isinstance(node, list) and key in range(len(node))
