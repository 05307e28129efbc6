"""What Experian's codes mean, and what they do not."""

from domain.credit_reports import BureauTradeline, Condition, PaymentLevel
from infrastructure.reports import experian_codes as codes


def test_the_tables_name_fields_that_exist():
    named = {*codes.MONEY, *codes.ENHANCED_MONEY, *codes.DATES, *codes.COUNTS, *codes.QUALIFIERS.values()}
    assert named <= set(BureauTradeline.model_fields)


def test_the_most_recent_delinquency_is_not_taken_for_the_first():
    assert "first_delinquency" not in codes.DATES
    assert "firstDelinquencyDate" not in {*codes.DATES.values(), *codes.ENHANCED_MONEY.values()}


def test_nine_stands_for_more_than_charge_offs():
    assert codes.GRID["9"] is PaymentLevel.DEROGATORY
    assert codes.GRID["L"] is codes.GRID["G"] is PaymentLevel.CHARGE_OFF
    assert not {"B", "-"} & codes.GRID.keys()


def test_obsolete_designators_have_no_meaning():
    assert not {"0", "4", "6"} & codes.DESIGNATORS.keys()


def test_how_it_is_paid_says_nothing_of_its_condition():
    assert codes.STATUSES.keys() >= codes.SAYS_NOTHING
    assert codes.CONDITIONS["97"] is codes.CONDITIONS["93"] is Condition.DEROGATORY
