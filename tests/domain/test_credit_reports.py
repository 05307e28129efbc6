"""Payment levels and rows that are really reported."""

from domain.bureaus import Bureau
from domain.credit_reports import PaymentLevel
from tests.support.reports import report, row


def test_levels_rank_from_current_to_charge_off():
    ranks = [level.severity for level in PaymentLevel]
    assert ranks == [*range(9), None]
    assert not PaymentLevel.NOT_REPORTED.is_late
    assert PaymentLevel.LATE_60.words == "60 days late"


def test_an_empty_column_is_not_a_reported_account():
    ghost = row(
        Bureau.EXPERIAN, opened=None, reported=None, balance=None, pay_status=None, condition=None, open_closed=None
    )
    both = report(row(), ghost)
    assert [each.bureau for each in both.rows()] == [Bureau.EQUIFAX]
    assert len(both.tradelines[0].bureau_tradelines) == 2
