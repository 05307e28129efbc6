"""MISMO's words and its two scales."""

import pytest

from domain.credit_reports import AccountType, PaymentLevel
from infrastructure.reports.mismo_codes import (
    PATTERN,
    RATING_CODES,
    RATING_WORDS,
    account_type,
    flag,
    is_medical,
    plain,
)


def test_the_rating_scale_is_one_step_off_the_pattern_scale():
    assert (RATING_CODES["1"], PATTERN["1"]) == (PaymentLevel.CURRENT, PaymentLevel.LATE_30)
    assert (RATING_CODES["2"], PATTERN["2"]) == (PaymentLevel.LATE_30, PaymentLevel.LATE_60)
    assert (RATING_CODES["9"], PATTERN["9"]) == (PaymentLevel.CHARGE_OFF, PaymentLevel.CHARGE_OFF)
    assert not {"X", "N", "-", " ", "U"} & PATTERN.keys()
    assert RATING_WORDS["lateover120days"] is PaymentLevel.LATE_120
    assert not {"toonew", "nodataavailable"} & RATING_WORDS.keys()


@pytest.mark.parametrize(
    ("printed", "indicated", "hints", "kind"),
    [
        ("Revolving", None, ("CreditCard", "Banking"), AccountType.REVOLVING),
        ("CreditLine", False, (), AccountType.REVOLVING),
        ("Open", True, (), AccountType.COLLECTION),
        ("Open", None, ("CollectionAttorney", None), AccountType.COLLECTION),
        ("Open", None, (None, "CollectionServices"), AccountType.COLLECTION),
        ("Installment", False, (None, "CollectionServices"), AccountType.INSTALLMENT),
        ("Unknown", None, (), AccountType.OTHER),
        (None, None, (), AccountType.OTHER),
    ],
)
def test_the_indicator_of_a_collection_goes_before_all_hints(printed, indicated, hints, kind):
    assert account_type(printed, indicated, *hints) is kind


def test_only_what_is_called_medical_is_medical():
    assert is_medical("CreditCard", "MedicalAndHealth") is True
    assert is_medical("MedicalDebt", None) is True
    assert is_medical(None, "PersonalServicesNotMedical") is None
    assert is_medical(None, None) is None


def test_words_are_compared_without_blanks_and_case():
    assert plain("Authorized User") == plain("authorizeduser")
    assert [flag(word) for word in ("Y", "true", "N", "FALSE", "maybe", None)] == [True, True, False, False, None, None]
