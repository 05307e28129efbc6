"""The whole walk, as a newcomer starts it: one command, real processes, checked to the last date."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.journey import Walked, new_home, sfdify, started

pytestmark = pytest.mark.slow

STEPS = (
    "The database is ready",
    "All processes run",
    "People are made",
    "Consent is recorded",
    "The mailbox is open",
    "The report provider is connected",
    "The report is imported",
    "Tradelines and findings are listed",
    "The consumer chooses",
    "Letters are signed and printed",
    "The exact bytes are approved",
    "Certified letters are posted",
    "The carrier delivers",
    "The clocks run",
    "The second report is compared",
    "The operator confirms",
    "The rest is overdue",
    "A third report brings one back",
    "Nothing is left undone",
    "The log is as it was written",
    "The query tables equal a replay",
)
POSTED = STEPS.index("Certified letters are posted") + 1
REPORTS = [(32, 30), (31, 24), (32, 26)]
DATES = {"statutory_due": ["2026-02-08"], "results_due": ["2026-02-13"], "breach_assertable_on": ["2026-02-23"]}
BUREAUS = {"equifax": 5, "experian": 5, "transunion": 5}


def test_every_step_holds(demonstrated: Walked) -> None:
    assert demonstrated.run.returncode == 0, demonstrated.run.stdout + demonstrated.run.stderr
    assert demonstrated.run.stderr == ""
    assert demonstrated.facts["ok"] is True
    assert [step["step"] for step in demonstrated.facts["steps"]] == list(STEPS)
    assert all(step["ok"] for step in demonstrated.facts["steps"])


def test_the_account_tells_the_same_case_every_year(demonstrated: Walked) -> None:
    facts = demonstrated.facts
    assert [(report["tradelines"], report["findings"]) for report in facts["reports"]] == REPORTS
    assert facts["tradeline_rows"] == 84
    assert sum(facts["findings_by_detector"].values()) == REPORTS[0][1]
    assert len(facts["findings_by_detector"]) == 20
    assert len(set(facts["disputes"])) == 15
    assert facts["disputes_by_bureau"] == BUREAUS
    assert facts["received_on"] == ["2026-01-09"]
    assert facts["deadlines"] == DATES
    assert facts["mail_statuses"][-1] == "delivered"
    assert {"accepted", "mailed", "in_transit"} <= set(facts["mail_statuses"])
    assert facts["outcomes"] == {"deleted": 3, "corrected": 3}
    assert facts["closed"] == 6
    assert facts["statuses"] == {"closed": 6, "overdue": 9}
    assert facts["overdue"] == facts["tasks"] == 9
    assert facts["notifications"] >= 9
    assert facts["reinserted"] == len(facts["reopened"]) == 1
    assert not set(facts["reopened"]) & set(facts["disputes"])
    assert facts["pulls"][:2] == ["connected", "webhook"]
    assert set(facts["pulls"][2:]) <= {"scheduled", "webhook"}
    assert len({report["report_id"] for report in facts["reports"]}) == 3
    assert (facts["scores"], facts["alerts"]) == (3, 0)
    assert facts["buried_jobs"] == 0


def test_the_letters_are_the_bytes_that_were_approved_and_posted_once_each(demonstrated: Walked) -> None:
    ledger = demonstrated.facts["ledger"]
    assert ledger["duplicates"] == []
    posted = ledger["letters"]
    assert sorted(letter["mailing_id"] for letter in posted) == sorted(demonstrated.facts["mailings"])
    assert len(posted) == len(demonstrated.facts["letters"]) == 3
    assert {letter["extra_service"] for letter in posted} == {"certified"}
    kept = [Path(path).read_bytes() for path in demonstrated.facts["pdfs"]]
    assert all(pdf.startswith(b"%PDF-") for pdf in kept)
    assert {Path(path).stat().st_mode & 0o777 for path in demonstrated.facts["pdfs"]} == {0o600}
    assert Counter(hashlib.sha256(pdf).hexdigest() for pdf in kept) == Counter(one["sha256"] for one in posted)
    assert {Path(path).name.partition("-")[0] for path in demonstrated.facts["pdfs"]} == set(BUREAUS)


def test_it_can_be_read_on_a_small_terminal(demonstrated: Walked) -> None:
    said = demonstrated.run.stdout.splitlines()
    assert [line for line in said if len(line) > 80 and "/" not in line] == []
    titles = [found[1] for line in said if (found := re.match(r"ok +\d+\.\d s  (.+)$", line))]
    assert titles == list(STEPS)
    assert "Every step held" in demonstrated.run.stdout


def test_two_started_at_once_in_a_new_home_share_its_server(demonstrated: Walked) -> None:
    beside = demonstrated.beside
    assert beside is not None
    assert [one.run.returncode for one in (demonstrated, beside)] == [0, 0], demonstrated.run.stderr + beside.run.stderr
    assert demonstrated.database != beside.database
    assert not set(demonstrated.facts["mailings"]) & set(beside.facts["mailings"])


def test_a_persons_own_report_is_walked_up_to_posting(demonstrated: Walked) -> None:
    own = demonstrated.beside
    assert own is not None
    assert own.run.returncode == 0, own.run.stdout + own.run.stderr
    done = [step["step"] for step in own.facts["steps"]]
    assert done == [*STEPS[:POSTED], *STEPS[-3:]]
    assert own.facts["ledger"]["count"] == len(own.facts["mailings"]) >= 3
    assert own.facts["ledger"]["duplicates"] == []
    assert "deadlines" not in own.facts


@pytest.mark.parametrize(
    "content", [b"", b"not a report", b"{}", b'{"TrueLinkCreditReportType": []}'], ids=["empty", "text", "none", "odd"]
)
def test_an_unreadable_report_is_one_plain_line(demonstrated: Walked, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(content)
    run = sfdify(demonstrated.home, "demo", "--report", str(file))
    assert run.returncode == 1
    assert run.stdout == ""
    assert re.fullmatch(r"sfdify: .+\n", run.stderr)


def test_a_report_that_is_not_there_is_one_plain_line(demonstrated: Walked, tmp_path: Path) -> None:
    run = sfdify(demonstrated.home, "demo", "--report", str(tmp_path / "absent.json"))
    assert run.returncode == 1
    assert re.fullmatch(r"sfdify: .*No such file.*\n", run.stderr)


def test_a_walk_whose_print_provider_dies_fails_and_says_where() -> None:
    with new_home() as home:
        walk = started(home, ["demo", "--json", str(home / "walk.json")])
        try:
            provider = _child(walk.pid, "sandbox print")
            time.sleep(0.5)
            os.kill(provider, signal.SIGKILL)
            said, complaint = walk.communicate(timeout=200)
        finally:
            walk.kill()
        assert walk.returncode == 1, said + complaint
        facts = json.loads((home / "walk.json").read_text())
        assert facts["ok"] is False
        failed = [step for step in facts["steps"] if not step["ok"]]
        assert len(failed) == 1
        assert failed == facts["steps"][-1:]
        assert failed[0]["said"]
        assert "Traceback" not in said + complaint


def _child(parent: int, command: str) -> int:
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        listed = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True
        )
        for line in listed.stdout.splitlines():
            if line.endswith(f"api.cli {command}"):
                return int(line.split()[0])
        time.sleep(0.05)
    raise AssertionError(f"no {command} process appeared")
