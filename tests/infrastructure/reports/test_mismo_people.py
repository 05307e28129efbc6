"""The person, scores, inquiries, court records and creditors of a MISMO response."""

from collections import Counter

import pytest

from domain.bureaus import Bureau
from domain.credit_reports import Employer, ReportedAddress
from infrastructure.reports import parse
from infrastructure.reports.cursor import Cursor, Tally
from infrastructure.reports.mismo_people import read_scores
from tests.support.mismo import as_json, as_xml, liability, response
from tests.support.reports import day


@pytest.mark.parametrize("encoded", [as_json, as_xml])
def test_each_bureaus_file_is_its_own_statement(encoded):
    report = parse(encoded(response()))
    [person] = report.personal
    assert person.bureau is Bureau.EQUIFAX
    assert [(name.first, name.last, name.kind) for name in person.names] == [
        ("AVERY", "HOLLIS", None), ("AVA", "HOLLIS", "Alias"),
    ]  # fmt: skip
    assert (person.birth_dates, person.ssns) == ((day("1980-04"),), ("900123456",))
    assert person.addresses == (
        ReportedAddress(
            street="12 MAPLE ST", city="TRENTON", state="NJ", postal_code="08608", reported=day("2024-11"), current=True
        ),
    )
    assert person.employers == (Employer(name="CALDER FREIGHT", reported=day("2024-11-02")),)
    assert "ASKED" not in report.model_dump_json()


def test_a_file_without_a_repository_is_refused_and_counted():
    bent = response()
    del bent["CREDIT_FILE"]["@CreditRepositorySourceType"]
    report = parse(as_json(bent))
    assert (report.personal, report.refused) == ((), {"credit_file": 1})


def test_several_files_make_several_sections():
    bent = response()
    other = {**bent["CREDIT_FILE"], "@CreditRepositorySourceType": "TransUnion", "_BORROWER": {"@_BirthDate": "1980"}}
    bent["CREDIT_FILE"] = [bent["CREDIT_FILE"], other]
    bent["CREDIT_SCORE"] = [bent["CREDIT_SCORE"], {"@CreditRepositorySourceType": "TransUnion", "@_Value": "702"}]
    report = parse(as_json(bent))
    assert [(one.bureau, one.birth_dates) for one in report.personal] == [
        (Bureau.EQUIFAX, (day("1980-04"),)), (Bureau.TRANSUNION, (day("1980"),)),
    ]  # fmt: skip
    present = {
        section.bureau: (section.present, section.borrower_present, section.score) for section in report.sections
    }
    assert present == {
        Bureau.EQUIFAX: (True, True, 650),
        Bureau.EXPERIAN: (False, False, None),
        Bureau.TRANSUNION: (True, False, 702),
    }


def test_a_number_that_is_all_mask_is_no_number_and_lost_zeros_come_back():
    bent = response()
    person = bent["CREDIT_FILE"]["_BORROWER"]
    person["@_SSN"] = "XXXXXXXXX"
    person["_RESIDENCE"]["@_PostalCode"] = 8608
    [section] = parse(as_json(bent)).personal
    assert (section.ssns, section.addresses[0].postal_code) == ((), "08608")


def test_a_street_may_come_in_parts():
    bent = response()
    residence = bent["CREDIT_FILE"]["_BORROWER"]["_RESIDENCE"]
    del residence["@_StreetAddress"]
    residence["PARSED_STREET_ADDRESS"] = {"@_HouseNumber": "12", "@_StreetName": "MAPLE", "@_StreetSuffix": "ST"}
    [section] = parse(as_json(bent)).personal
    assert section.addresses[0].street == "12 MAPLE ST"


@pytest.mark.parametrize(
    ("printed", "score"), [("+650", 650), ("0650", 650), ("9002", None), ("-4", None), ("", None), ("000", None)]
)
def test_reason_codes_are_no_scores(printed, score):
    row = {"CreditRepositorySourceType": "Equifax", "_Value": printed or None}
    scores = read_scores(Cursor({"CREDIT_SCORE": row}, "", Tally()), {}, Counter())
    assert scores.get(Bureau.EQUIFAX) == score


def test_a_score_of_all_bureaus_is_nobodys():
    bent = response()
    bent["CREDIT_SCORE"]["@CreditRepositorySourceType"] = "MergedData"
    report = parse(as_json(bent))
    assert (report.section(Bureau.EQUIFAX).score, report.refused) == (None, {"score": 1})


def test_inquiries_are_hard_and_at_one_bureau():
    [inquiry] = parse(as_json(response())).inquiries
    assert (inquiry.bureau, inquiry.subscriber_name, inquiry.subscriber_code, inquiry.inquired_on, inquiry.hard) == (
        Bureau.EQUIFAX, "CHASE", "155BB2", day("2025-06-07"), True,
    )  # fmt: skip
    bent = response()
    bent["CREDIT_INQUIRY"]["CREDIT_REPOSITORY"] = [{"@_SourceType": name} for name in ("Equifax", "Experian")]
    report = parse(as_json(bent))
    assert (report.inquiries, report.refused) == ((), {"inquiry": 1})


def test_court_records_are_read_with_their_kind():
    [record] = parse(as_json(response())).public_records
    assert (record.classification, record.kind, record.status) == ("Bankruptcy", "BankruptcyChapter7", "Discharged")
    assert (record.filed, record.asset_amount, record.liability_amount) == (day("2018-02-03"), 2500_00, None)
    bent = response()
    bent["CREDIT_PUBLIC_RECORD"] |= {"@_Type": "TaxLienFederal", "CREDIT_REPOSITORY": None}
    report = parse(as_json(bent))
    assert (report.public_records, report.refused) == ((), {"public_record": 1})


def test_creditors_of_rows_that_belong_to_a_bureau_have_an_address():
    [creditor] = parse(as_json(response())).subscribers
    assert (creditor.bureau, creditor.name, creditor.code) == (Bureau.EQUIFAX, "FIRST QUARRY BANK", "682BB1")
    assert (creditor.address.street, creditor.address.postal_code) == ("PO BOX 1", "19850")
    bent = response()
    liability(bent)["CREDIT_REPOSITORY"] = None
    assert parse(as_json(bent)).subscribers == ()
