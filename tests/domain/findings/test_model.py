"""Findings keep their key, and a consumer's profile is compared only in part."""

from datetime import date

from domain.addresses import PostalAddress
from domain.consumers import Profile
from domain.findings.model import ConsumerProfile, DisputeReason, Finding
from tests.support.findings import found
from tests.support.reports import day, row


def test_a_key_depends_on_what_was_found_and_not_on_the_day_of_the_scan():
    [today] = found("D19", row(past_due=85_00))
    [later] = found("D19", row(past_due=85_00), today=date(2026, 3, 1))
    [other] = found("D19", row(group="2", past_due=85_00))
    newer = today.model_copy(update={"version": 2})
    assert today.finding_key == later.finding_key
    assert len({today.finding_key, other.finding_key, newer.finding_key}) == 3
    assert len(today.finding_key) == 20


def test_a_finding_survives_being_stored():
    [finding] = found("D19", row(past_due=85_00))
    stored = Finding.model_validate_json(finding.model_dump_json())
    assert (stored, stored.finding_key) == (finding, finding.finding_key)


def test_a_profile_keeps_what_a_report_can_be_compared_with():
    profile = Profile(
        given_name="Avery", family_name="Hollis", email="avery@example.com", birth_date=date(1980, 4, 5),
        ssn="900123456", address=PostalAddress(line1="1 Maple Street", city="Tulsa", state="OK", zip_code="74104"),
    )  # fmt: skip
    told = ConsumerProfile.of(profile)
    assert (told.names[0].first, told.born, told.ssn) == ("Avery", day("1980-04-05"), "900123456")
    assert [address.street for address in told.addresses] == ["1 Maple Street"]
    assert told.employers == ()


def test_the_reasons_are_the_thirty_two_of_the_taxonomy():
    assert len(DisputeReason) == 32
