"""Personal data compared with what the consumer told us."""

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Employer, PersonalSection, PersonName, ReportedAddress
from domain.findings import ConsumerProfile
from domain.findings.personal import place, written
from tests.support.findings import found
from tests.support.reports import day, report

HOME = ReportedAddress(street="123 N Maple Street", city="Tulsa", state="OK", postal_code="74104")
PROFILE = ConsumerProfile(
    names=(PersonName(first="Avery", middle="Lee", last="Hollis"),),
    born=day("1980-04-05"),
    ssn="900123456",
    addresses=(HOME,),
    employers=("Calder Freight Lines",),
)


def personal(bureau=Bureau.EQUIFAX, **parts):
    return PersonalSection(bureau=bureau, **parts)


@pytest.mark.parametrize(
    ("identifier", "wrong", "right"),
    [
        (
            "D44",
            {"names": (PersonName(first="AVERY", last="HOLLIS", suffix="Jr"),)},
            {"names": (PersonName(first="A", last="HOLLIS"),)},
        ),
        (
            "D44",
            {"names": (PersonName(first="DANA", last="HOLLIS"),)},
            {"names": (PersonName(first="DANA", last="HOLLIS", kind="Also known as"),)},
        ),
        ("D44", {"ssns": ("900123457",)}, {"ssns": ("900123456", "XXXXX3456")}),
        ("D44", {"birth_dates": (day("1981"),)}, {"birth_dates": (day("1980"), day("1980-04"))}),
        (
            "D45",
            {"addresses": (HOME.model_copy(update={"street": "124 N MAPLE ST"}),)},
            {"addresses": (HOME.model_copy(update={"street": "123 MAPLE ST", "postal_code": "74104-1234"}),)},
        ),
        (
            "D45",
            {"employers": (Employer(name="BRIGHTWATER CLINIC"),)},
            {"employers": (Employer(name="CALDER FREIGHT LINES"),)},
        ),
    ],
)
def test_a_strangers_data_is_found_and_a_spelling_is_not(identifier, wrong, right):
    [finding] = found(identifier, of=report(personal=(personal(**wrong),)), profile=PROFILE)
    assert finding.needs_consumer_confirm
    assert finding.sensitive
    assert finding.group is None
    assert found(identifier, of=report(personal=(personal(**right),)), profile=PROFILE) == []


def test_an_ssn_is_never_quoted_beyond_its_last_four_digits():
    [finding] = found("D44", of=report(personal=(personal(ssns=("900123457",)),)), profile=PROFILE)
    assert "900123457" not in finding.model_dump_json()
    assert "90012" not in finding.model_dump_json()
    assert "3457" in finding.assertable


def test_without_a_told_number_bureaus_are_compared_with_each_other():
    two = (personal(ssns=("900123456",)), personal(Bureau.EXPERIAN, ssns=("900129999",)))
    [finding] = found("D44", of=report(personal=two))
    assert finding.bureaus == (Bureau.EQUIFAX, Bureau.EXPERIAN)
    alike = (personal(ssns=("900123456",)), personal(Bureau.EXPERIAN, ssns=("3456",)))
    assert found("D44", of=report(personal=alike)) == []


def test_what_was_never_told_cannot_differ():
    section = personal(addresses=(HOME,), employers=(Employer(name="X"),), names=(PersonName(last="Y"),))
    assert found("D45", of=report(personal=(section,)), profile=ConsumerProfile()) == []
    assert found("D44", of=report(personal=(section,)), profile=ConsumerProfile()) == []


def test_names_and_addresses_are_written_on_one_line():
    assert written(PROFILE.names[0]) == "Avery Lee Hollis"
    assert place(HOME) == "123 N Maple Street, Tulsa, OK 74104"
