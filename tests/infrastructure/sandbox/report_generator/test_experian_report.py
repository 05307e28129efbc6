"""An invented Experian file looks as Experian writes it."""

import json
from datetime import date

from infrastructure.sandbox.report_generator import invent
from infrastructure.sandbox.report_generator.experian_report import experian_report

AS_OF = date(2026, 1, 5)


def read(seed: int = 2, score: int | None = 640) -> dict:
    draft, _ = invent(seed, AS_OF, {})
    (profile,) = json.loads(experian_report(draft, AS_OF, score))["creditProfile"]
    return profile


def test_the_header_has_both_dates():
    assert read()["headerRecord"][0] == {"reportDate": "010526", "y2kReportedDate": "01052026", "versionNo": "07"}


def test_amounts_are_padded_and_missing_ones_unknown():
    rows = read()["tradeline"]
    assert {len(row["balanceAmount"]) for row in rows} == {8}
    assert "UNKNOWN" in {row["enhancedPaymentData"]["creditLimitAmount"] for row in rows}
    assert read()["riskModel"][0]["score"] == "0640"


def test_the_history_begins_at_the_balance_and_the_short_one_ends_after_25_months():
    row = read()["tradeline"][0]
    assert row["enhancedPaymentData"]["enhancedPaymentHistory84"] == "-" + "C" * 48
    assert row["paymentHistory"] == "-" + "C" * 24


def test_collections_and_charge_offs_have_codes_of_their_own():
    rows = read()["tradeline"]
    assert {row["status"] for row in rows if row["kob"] == "YC"} == {"93"}
    charged = [row for row in rows if row["status"] == "97"]
    assert charged
    assert {row["enhancedPaymentData"]["enhancedAccountCondition"] for row in charged} == {"97"}
    assert all("L" in row["paymentHistory"] for row in charged)


def test_no_file_is_a_header_alone():
    assert set(read(score=None)) == {"headerRecord", "informationalMessage"}
