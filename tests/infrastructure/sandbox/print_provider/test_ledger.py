"""What was written stays written."""

from __future__ import annotations

from pathlib import Path

from infrastructure.sandbox.print_provider.ledger import Ledger


def test_entries_come_back_in_order_from_another_opening(tmp_path: Path) -> None:
    first = Ledger(tmp_path)
    for number in range(3):
        first.append({"kind": "clock", "number": number}, durable=number != 1)
    first.keep_pdf("ltr_1", b"%PDF-")
    first.close()

    second = Ledger(tmp_path)
    assert [entry["number"] for entry in second.entries()] == [0, 1, 2]
    assert second.pdf("ltr_1") == b"%PDF-"
    second.close()


def test_a_torn_last_line_is_dropped_and_writing_goes_on(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append({"n": 1})
    ledger.close()
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(b'{"n": 2, "tor')

    again = Ledger(tmp_path)
    again.append({"n": 3})
    assert [entry["n"] for entry in again.entries()] == [1, 3]
    again.close()


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "home")
    ledger.close()

    assert (tmp_path / "home" / "ledger.jsonl").stat().st_mode & 0o077 == 0
