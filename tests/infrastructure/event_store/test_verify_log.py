"""The stand-alone verifier by itself: a vector worked out by hand, positions, files it cannot read, its imports."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from pathlib import Path

import pytest

from infrastructure.event_store import verify_log

ROW = {
    "position": 5, "recorded_us": 7, "version": 1, "tenant": "00" * 16, "originator": "11" * 16,
    "topic": "x.v1", "metadata": "7b7d", "state": "ff",
}  # fmt: skip
BYTES = (
    b"\x00" * 16 + (7).to_bytes(8, "big") + (2).to_bytes(4, "big") + b"{}" + (5).to_bytes(8, "big") + b"\x11" * 16
    + (1).to_bytes(8, "big") + (4).to_bytes(4, "big") + b"x.v1" + b"\xff"
)  # fmt: skip


def line(**changes: object) -> str:
    return json.dumps(ROW | {"hash": hashlib.sha256(BYTES).hexdigest()} | changes)


def test_a_vector_worked_out_by_hand() -> None:
    assert verify_log.faults([verify_log.read(line())]) == []
    (found,) = verify_log.faults([verify_log.read(line(state="fe"))])
    assert found[1] == "its hash does not match its content"


def test_two_events_at_one_position() -> None:
    twice = [verify_log.read(line()), verify_log.read(line(originator="12" * 16))]
    assert [why for _, why in verify_log.faults(twice)] == ["another event stands at its position"]


@pytest.mark.parametrize(("content", "code"), [("", 0), ("not json\n", 2), ('{"tenant":"00"}\n', 2)])
def test_it_says_when_it_cannot_read(tmp_path: Path, content: str, code: int) -> None:
    (tmp_path / "log.jsonl").write_text(content)
    assert verify_log.main([str(tmp_path / "log.jsonl")]) == code
    assert verify_log.main([]) == 2
    assert verify_log.main([str(tmp_path / "missing.jsonl")]) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1.9}, {"version": True}, {"version": "1"}, {"position": 2**63}, {"position": 5.5},
        {"recorded_us": None}, {"recorded_us": -(2**63) - 1}, {"hash": None}, {"topic": 5}, {"state": ["ff"]},
        {"state": "fg"}, {"extra": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_field_of_another_kind_is_not_taken_for_what_was_written(tmp_path: Path, changes: dict[str, object]) -> None:
    (tmp_path / "log.jsonl").write_text(line(**changes))
    assert verify_log.main([str(tmp_path / "log.jsonl")]) == 2


@pytest.mark.parametrize("content", ["[]", "5", "null", "[" * 100_000, line()[:-1] + ', "state": "ff"}'])
def test_a_line_that_is_no_event_or_two_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "log.jsonl").write_text(content)
    assert verify_log.main([str(tmp_path / "log.jsonl")]) == 2


def test_it_needs_the_standard_library_only() -> None:
    source = Path(verify_log.__file__).read_text()
    imported = {n.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for n in node.names}
    imported |= {str(node.module) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names
    assert len(source.splitlines()) < 150
