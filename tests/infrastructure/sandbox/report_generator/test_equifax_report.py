"""An invented Equifax file looks as Equifax writes it."""

import json
from datetime import date

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator import invent
from infrastructure.sandbox.report_generator.equifax_report import equifax_report

AS_OF = date(2026, 1, 5)


def read(seed: int = 2, score: int | None = 640) -> dict:
    draft, _ = invent(seed, AS_OF, {"D02": (Bureau.EQUIFAX,)})
    (report,) = json.loads(equifax_report(draft, AS_OF, score))["consumers"]["equifaxUSConsumerCreditReport"]
    return report


def test_dates_know_only_their_month_and_codes_have_words():
    trade = read()["trades"][0]
    assert trade["dateOpened"][2:4] == "00"
    assert trade["rate"] == {"code": 1, "description": "Pays account as agreed"}
    assert trade["portfolioTypeCode"]["code"] in "RIM"


def test_the_history_has_a_separator_after_twelve_months():
    pieces = read()["trades"][0]
    assert len(pieces["paymentHistory1to24"]) == 25
    assert pieces["paymentHistory1to24"][12] == {"code": "/"}
    assert (len(pieces["paymentHistory25to36"]), len(pieces["paymentHistory37to48"])) == (12, 12)


def test_late_months_before_the_history_are_previous_highs():
    older = [trade for trade in read()["trades"] if "previousHighRate1" in trade]
    assert [(trade["previousHighRate1"], len(trade["previousHighDate1"])) for trade in older] == [(2, 6)]


def test_collections_are_kept_apart_and_named_by_their_number():
    report = read()
    assert len(report["collections"]) == 5
    assert "customerName" not in report["collections"][0]
    directory = {row["customerNumber"] for row in report["onlineDirectory"]}
    assert {row["customerNumber"] for row in report["collections"]} <= directory


def test_the_number_on_file_is_nobodys():
    assert read()["subjectSocialNum"].startswith("9")


def test_no_file_is_no_hit():
    assert read(score=None) == {"reportDate": "01052026", "hitCode": {"code": "2", "description": "No-Hit"}}
