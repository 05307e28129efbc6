"""Migrations are plain SQL files, numbered without a gap."""

from migrations import FOLDER


def test_files_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in FOLDER.glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
