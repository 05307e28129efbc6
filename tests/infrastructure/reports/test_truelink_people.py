"""Personal data, inquiries, court records and companies as TrueLink prints them."""

import pytest

from domain.bureaus import Bureau
from infrastructure.reports import UnreadableReport, parse
from infrastructure.reports.cursor import Cursor, Tally
from infrastructure.reports.truelink_people import read_address
from infrastructure.reports.truelink_tree import read_tree
from tests.support.reports import day
from tests.support.truelink import raw, tree


def test_a_bureaus_words_about_the_person_stand_in_one_place():
    report = parse(raw(tree()))
    [section] = report.personal
    assert section.bureau is Bureau.EQUIFAX
    assert (section.names[0].first, section.names[0].last) == ("AVERY", "HOLLIS")
    assert section.birth_dates == (day("1980-04"),)
    assert section.ssns == ("900123456",)
    assert (section.addresses[0].postal_code, section.addresses[0].reported) == ("08608", day("2024-11"))
    assert section.employers[0].name == "CALDER FREIGHT"
    rest = report.model_copy(update={"personal": ()}).model_dump_json()
    assert not [word for word in ("900123456", "HOLLIS", "12 MAPLE", "1980") if word in rest]


@pytest.mark.parametrize(
    ("printed", "ssn"), [(1234567, "001234567"), ("900-12-3456", "900123456"), ("XXXXX3456", "XXXXX3456")]
)
def test_an_ssn_gets_its_leading_zeros_back(printed, ssn):
    bent = tree()
    bent["Borrower"]["SocialPartition"]["Social"]["SocialSecurityNumber"] = printed
    assert parse(raw(bent)).personal[0].ssns == (ssn,)


def test_personal_data_without_a_bureau_belongs_to_nobody():
    bent = tree()
    del bent["Borrower"]["Birth"]["Source"]
    report = parse(raw(bent))
    assert report.personal[0].birth_dates == ()
    assert report.refused == {"borrower": 1}


def test_a_birth_date_that_is_none_is_refused_without_its_value():
    bent = tree()
    bent["Borrower"]["Birth"]["BirthDate"] = {"year": "1980", "month": "77"}
    with pytest.raises(UnreadableReport, match="a date of birth") as refusal:
        parse(raw(bent))
    assert "77" not in str(refusal.value)


def test_court_records_are_read_in_either_spelling():
    bent = tree()
    misspelt = parse(raw(bent)).public_records
    bent["PublicRecordPartition"] = bent.pop("PulblicRecordPartition")
    assert parse(raw(bent)).public_records == misspelt
    [record] = misspelt
    assert (record.kind, record.filed, record.asset_amount) == ("Chapter 7 bankruptcy", day("2018-02-03"), 2_500_00)


def test_inquiries_and_companies_are_listed():
    report = parse(raw(tree()))
    assert [(each.subscriber_name, each.inquired_on) for each in report.inquiries] == [("CHASE", day("2025-06-07"))]
    assert [(each.name, each.bureau) for each in report.subscribers] == [("CHASE", None)]


def test_rows_without_a_bureau_are_counted_by_kind():
    bent = tree()
    del bent["InquiryPartition"]["Inquiry"]["bureau"], bent["PulblicRecordPartition"]["PublicRecord"]["Source"]
    assert parse(raw(bent)).refused == {"inquiry": 1, "public_record": 1}


def test_a_street_is_put_together_from_its_parts():
    parts, _ = read_tree(b'{"houseNumber": 12, "direction": "N", "streetName": "MAPLE", "streetType": "ST", "unit": 4}')
    address = read_address(Cursor(parts, "", Tally()))
    assert (address.street, address.unit) == ("12 N MAPLE ST", "4")
    assert read_address(Cursor({}, "", Tally())) is None


@pytest.mark.parametrize(("kind", "hard"), [("I", True), ({"symbol": "AR", "description": "Account review"}, False)])
def test_an_inquiry_says_whether_it_was_for_an_application(kind, hard):
    bent = tree()
    bent["InquiryPartition"]["Inquiry"]["inquiryType"] = kind
    [inquiry] = parse(raw(bent)).inquiries
    assert inquiry.hard is hard
