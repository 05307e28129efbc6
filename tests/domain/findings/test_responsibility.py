"""Who can owe an account: not an authorized user, not a child, and not somebody dead."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Condition, Designator, PaymentLevel, PersonalSection
from domain.findings import ConsumerProfile
from domain.findings.registry import Scan
from domain.findings.responsibility import authorized_user_derog, deceased_flag
from tests.support.findings import found
from tests.support.reports import PULLED_ON, collection, day, ghost, months, report, row

USER = {"designator": Designator.AUTHORIZED_USER}


@pytest.mark.parametrize(
    ("facts", "is_found"),
    [
        (USER | {"pay_status": PaymentLevel.LATE_60}, True),
        (USER | {"condition": Condition.DEROGATORY}, True),
        (USER | {"past_due": 1}, True),
        (USER | {"history": months("2025-11", "C1C")}, True),
        (USER | {"history": months("2025-11", "CUC")}, False),
        (USER, False),
        ({"designator": Designator.JOINT, "pay_status": PaymentLevel.LATE_60}, False),
        ({"designator": None, "pay_status": PaymentLevel.LATE_60}, False),
        (USER | {"pay_status": None, "past_due": None}, False),
    ],
)
def test_an_authorized_user_is_not_held_to_anothers_debt(facts, is_found):
    assert bool(found("D36", row(**facts))) is is_found


def test_a_collection_against_an_authorized_user_is_stated_with_its_fields():
    [finding] = found("D36", collection(**USER))
    assert 'with the responsibility "authorized user"' in finding.assertable
    assert "account type collection" in finding.assertable
    assert finding.asks == (), "the item is to be removed"


@pytest.mark.parametrize(
    ("born", "opened", "is_found"),
    [
        ("2001-06-15", "2019-06-14", True),
        ("2001-06-15", "2019-06-15", False),
        ("2001-06-15", "2019-06", False),
        ("2001-06-15", "2019-05", True),
        ("2001", "2018-12-31", True),
        ("2001", "2019-01-01", False),
        ("2001-06-15", None, False),
        ("2000-02-29", "2018-02-28", True),
        ("2000-02-29", "2018-03-01", False),
    ],
)
def test_a_minor_is_one_for_certain(born, opened, is_found):
    findings = found("D38", row(opened=opened), profile=ConsumerProfile(born=day(born)))
    assert bool(findings) is is_found
    assert all(finding.needs_consumer_confirm for finding in findings)


def test_the_bureaus_own_birth_date_counts_where_none_was_told():
    section = PersonalSection(bureau=Bureau.EQUIFAX, birth_dates=(day("2004-01-02"),))
    [finding] = found("D38", of=report(row(), row(Bureau.EXPERIAN), personal=(section,)))
    assert finding.bureaus == (Bureau.EQUIFAX,)
    assert finding.assertable.endswith("by the date of birth that it reports.")
    two = PersonalSection(bureau=Bureau.EQUIFAX, birth_dates=(day("2004-01-02"), day("1980-01-02")))
    assert found("D38", of=report(row(), personal=(two,))) == []


def test_no_birth_date_is_printed_and_a_child_may_be_an_authorized_user():
    born = ConsumerProfile(born=day("2004-05-06"))
    [finding] = found("D38", row(), profile=born)
    assert "2004" not in finding.model_dump_json()
    assert found("D38", row(**USER), profile=born) == []
    assert found("D38", row()) == []


def test_a_bureau_or_the_whole_report_may_say_that_the_consumer_is_dead():
    alive = report(row())
    assert found("D39", of=alive) == []
    sections = tuple(
        section.model_copy(update={"deceased": section.bureau is Bureau.EXPERIAN}) for section in alive.sections
    )
    [one] = found("D39", of=alive.model_copy(update={"sections": sections}))
    assert (one.bureaus, one.assertable) == ((Bureau.EXPERIAN,), "Experian reports that the consumer is deceased.")
    [whole] = found("D39", of=alive.model_copy(update={"deceased": True}))
    assert whole.bureaus == tuple(Bureau)
    assert "without naming the bureau" in whole.assertable


def test_an_account_may_say_so_too():
    [finding] = found("D39", row(designator=Designator.DECEASED, printed={"designator": "Deceased"}))
    assert finding.assertable == (
        'Equifax reports FIRST QUARRY BANK, account ****4321 with the responsibility "Deceased".'
    )
    assert found("D39", row(designator=Designator.INDIVIDUAL)) == []


def test_an_empty_column_is_nobodys():
    empty = Scan(report(ghost(designator=Designator.DECEASED), ghost(group="2", **USER, past_due=90)), PULLED_ON)
    assert list(deceased_flag(empty)) == []
    assert list(authorized_user_derog(empty)) == []
