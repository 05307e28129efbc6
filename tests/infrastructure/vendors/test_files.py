"""Objects as files: whole or absent, ours alone, and gone when erased."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from infrastructure.vendors.files import Files


def test_an_object_is_written_replaced_read_and_erased(tmp_path: Path) -> None:
    files = Files(tmp_path / "objects")
    files.put("t/p/a.json", b"1")
    files.put("t/p/a.json", b"2")
    files.put("t/p/deep/b.pdf", b"3")
    files.put("t/q/c.json", b"4")
    assert (files.get("t/p/a.json"), files.get("t/p/none")) == (b"2", None)
    assert sorted(path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()) == [
        "a.json", "b.pdf", "c.json",
    ]  # fmt: skip
    assert (files.erase("t/p/"), files.erase("t/p/")) == (2, 0)
    assert (files.get("t/p/a.json"), files.get("t/q/c.json")) == (None, b"4")


def test_those_who_erase_at_the_same_time_share_the_work(tmp_path: Path) -> None:
    """A worker finishes an erasure while the operator's command does the same."""
    files, meet = Files(tmp_path / "objects"), Barrier(4)
    for n in range(300):
        files.put(f"t/p/{n % 10}/{n}", b"1")

    def erase(_: int) -> int:
        meet.wait(10)
        return files.erase("t/p/")

    with ThreadPoolExecutor(4) as hands:
        assert sum(hands.map(erase, range(4))) == 300
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []


def test_only_our_account_can_read(tmp_path: Path) -> None:
    files = Files(tmp_path / "objects")
    files.put("t/a", b"1")
    assert (tmp_path / "objects" / "t" / "a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "objects").stat().st_mode & 0o777 == 0o700
