"""Invented reports as files, with the truth beside them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from api.cli import generating, main
from domain.credit_reports import ReportFormat
from domain.findings import detect
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import generate

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sfdify", "reports", "generate", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


def test_every_format_is_written_with_the_truth_about_each_file(run: Run, tmp_path: Path) -> None:
    status, said, _ = run("--seed", "3", "--count", "2", "--tradelines", "12", "--out", str(tmp_path / "new"))
    assert status == 0
    told = json.loads((tmp_path / "new" / generating.TRUTH).read_text())["reports"]
    assert said.startswith(f"{len(told)} reports with {sum(len(each['errors']) for each in told)} errors in ")
    assert {(each["seed"], each["format"]) for each in told} == {(s, f.value) for s in (3, 4) for f in ReportFormat}
    written = {path.name for path in (tmp_path / "new").iterdir()}
    assert written == {generating.TRUTH, *(each["file"] for each in told)}
    for each in told:
        report = parse((tmp_path / "new" / each["file"]).read_bytes())
        assert report.source_format.value == each["format"]
        assert report.pulled_on == date(2026, 1, 5)


def test_the_truth_is_what_is_found(run: Run, tmp_path: Path) -> None:
    form = ReportFormat.TRUELINK_CAMEL
    asked = ("--errors", "D19,D09", "--format", form.value, "--tradelines", "70", "--pulled-on", "2025-06-30")
    assert run("--seed", "8", *asked, "--out", str(tmp_path))[0] == 0
    [each] = json.loads((tmp_path / generating.TRUTH).read_text())["reports"]
    content = (tmp_path / each["file"]).read_bytes()
    again = generate(8, date(2025, 6, 30), form, {"D19": None, "D09": None}, tradelines=70)
    assert content == again.raw
    found = detect(parse(content), date(2025, 6, 30), again.profile)
    assert {(f.detector, f.group, f.bureaus) for f in found if not f.informational} == {
        (error["detector"], error["group"], tuple(error["bureaus"])) for error in each["errors"]
    }
    assert {error["name"] for error in each["errors"]} == {"current_with_pastdue", "opened_mismatch"}


def test_a_clean_report_has_no_errors_and_a_small_one_those_that_fit(run: Run, tmp_path: Path) -> None:
    assert run("--errors", "none", "--format", "truelink_camel", "--out", str(tmp_path / "clean"))[0] == 0
    [clean] = json.loads((tmp_path / "clean" / generating.TRUTH).read_text())["reports"]
    assert clean["errors"] == []
    assert run("--tradelines", "5", "--format", "truelink_camel", "--out", str(tmp_path / "small"))[0] == 0
    [small] = json.loads((tmp_path / "small" / generating.TRUTH).read_text())["reports"]
    assert small["errors"]


def test_nothing_is_written_over_without_force(run: Run, tmp_path: Path) -> None:
    one = ("--format", "truelink_camel", "--errors", "none", "--out", str(tmp_path))
    (tmp_path / generating.TRUTH).write_text("mine")
    status, out, said = run(*one)
    assert (status, out) == (2, "")
    assert "is there already; --force writes over it" in said
    assert (tmp_path / generating.TRUTH).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [generating.TRUTH]
    assert run(*one, "--force")[0] == 0
    assert (tmp_path / generating.TRUTH).read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--format", "pdf"), "pdf is no report format"),
        (("--errors", "D99"), "no error is planted for D99"),
        (("--errors", ","), "no error is planted for nothing"),
        (("--tradelines", "4"), "--tradelines"),
        (("--tradelines", "81"), "--tradelines"),
        (("--count", "0"), "--count"),
        (("--pulled-on", "2026-02-31"), "--pulled-on"),
        (("--errors", "D01,D02,D15,D20,D21,D22,D26,D27", "--tradelines", "5"), "no free account"),
    ],
)
def test_bad_input_is_one_plain_line_and_writes_nothing(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    status, out, said = run("--out", str(tmp_path / "new"), *arguments)
    assert (status, out) == (2, "")
    assert said.startswith("sfdify: ")
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "new").exists()
