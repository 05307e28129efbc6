"""What a sandbox wrote down stays written."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrastructure.sandbox.ledger import Ledger


def test_facts_and_files_come_back_from_another_opening(tmp_path: Path) -> None:
    first = Ledger(tmp_path, "files")
    for number in range(3):
        first.append({"number": number}, durable=number != 1)
    first.keep("one", b"content")
    first.close()

    second = Ledger(tmp_path, "files")
    assert [entry["number"] for entry in second.entries()] == [0, 1, 2]
    assert second.kept("one") == b"content"
    second.close()


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").write_bytes(b'{"n": 1}\n{"n": 2, "tor')
    ledger = Ledger(tmp_path, "files")
    assert list(ledger.entries()) == [{"n": 1}]
    ledger.close()


def test_only_the_owner_may_read_and_a_file_never_kept_is_not_there(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "home", "files")
    assert (tmp_path / "home" / "ledger.jsonl").stat().st_mode & 0o077 == 0
    assert (tmp_path / "home" / "files").stat().st_mode & 0o077 == 0
    with pytest.raises(FileNotFoundError):
        ledger.kept("another")
    ledger.close()
