"""Every guarantee of docs/guarantees.md has a number of its own and names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "guarantees.md"
HEADINGS = ["Ordering", "Delivery", "Consistency", "Isolation", "Erasure", "Evidence", "What is not promised"]
LINE = re.compile(r"- \*\*G(\d+)\.\*\* (.+)")
NAMED = re.compile(r"`(tests/[^`]+)`")
AT_LEAST = 20


def guarantees() -> list[tuple[int, str]]:
    """Number and text of each line that promises something."""
    found = (LINE.fullmatch(line) for line in DOCUMENT.read_text(encoding="utf-8").splitlines())
    return [(int(match[1]), match[2]) for match in found if match]


@cache
def defined(path: str) -> frozenset[str]:
    """The tests a file defines, as `function` or `Class::method`; none when there is no such file."""
    if not (ROOT / path).is_file():
        return frozenset()
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{inner.name}" for inner in node.body if _is_test(inner)}
        elif _is_test(node):
            found.add(node.name)
    return frozenset(found)


def _is_test(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")


def test_numbers_run_from_one_without_a_gap() -> None:
    numbers = [number for number, _ in guarantees()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= AT_LEAST
    assert len(numbers) == len(re.findall(r"\*\*G\d", DOCUMENT.read_text(encoding="utf-8"))), "a line is malformed"


def test_the_headings_are_those_promised() -> None:
    assert re.findall(r"^## (.+)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE) == HEADINGS


@pytest.mark.parametrize(("number", "text"), guarantees(), ids=[f"G{number}" for number, _ in guarantees()])
def test_a_guarantee_is_a_sentence_and_names_tests_that_exist(number: int, text: str) -> None:
    sentence, named = text.partition(" `")[0], NAMED.findall(text)
    assert sentence.endswith("."), f"G{number} is no sentence"
    assert named, f"G{number} names no test"
    assert len(set(named)) == len(named)
    missing = [one for one in named if one.partition("::")[2] not in defined(one.partition("::")[0])]
    assert missing == [], f"G{number} names tests that do not exist"


def test_what_does_not_exist_is_noticed() -> None:
    here = Path(__file__).relative_to(ROOT).as_posix()
    assert "test_what_does_not_exist_is_noticed" in defined(here)
    assert "guarantees" not in defined(here)
    assert defined("tests/test_no_such_file.py") == frozenset()
