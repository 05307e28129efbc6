"""A hostile PDF costs a small process, never ours."""

import pikepdf
import pytest

from infrastructure import foreign_pdfs
from infrastructure.foreign_pdfs import inspect_foreign
from infrastructure.preflight import preflight
from tests.support.pdfs import blank_pdf, page_pdf, saved


@pytest.mark.parametrize("pdf", [blank_pdf(2), saved(page_pdf()), b"no pdf"])
def test_the_answer_is_that_of_preflight(pdf: bytes) -> None:
    assert inspect_foreign(pdf) == preflight(pdf)


def test_a_decompression_bomb_ends_only_its_own_process() -> None:
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(612, 792))
    page.obj.Contents = document.make_stream(b"0 0 m " * 20_000_000)
    report = inspect_foreign(saved(document))
    assert [problem.code for problem in report.problems] == ["too_costly"]


def test_a_slow_file_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_pdfs, "WALL_SECONDS", 0.01)
    assert [problem.code for problem in inspect_foreign(blank_pdf()).problems] == ["too_costly"]


def test_a_huge_file_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_pdfs, "INPUT_BYTES_MAX", 100)
    assert [problem.code for problem in inspect_foreign(b"x" * 101).problems] == ["too_many_bytes"]
