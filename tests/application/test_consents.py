"""The texts people agree to never change."""

from hashlib import sha256

import pytest

from application.consents import ATTESTATIONS, TEXTS, UnknownText, check_attestation, text_of
from domain.consumers import ConsentKind

WRITTEN = {
    (ConsentKind.SERVICE_TERMS, "2026-11"): "79467f8af8dca765",
    (ConsentKind.REPORT_IMPORT, "2026-11"): "f0a051f6cd10452b",
    (ConsentKind.DISPUTE_IN_MY_NAME, "2026-11"): "1c501c74d100d7b0",
    (ConsentKind.CREDIT_PULL, "2026-11"): "f1ee1c1b24675ba9",
}
ATTESTED = {"truth-2026-11": "0776b60eaf749796"}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def test_no_text_that_was_ever_offered_has_changed() -> None:
    assert {name: digest(text) for name, text in TEXTS.items()} == WRITTEN
    assert {name: digest(text) for name, text in ATTESTATIONS.items()} == ATTESTED


def test_a_text_is_found_by_kind_and_version() -> None:
    assert text_of(ConsentKind.REPORT_IMPORT, "2026-11") == TEXTS[ConsentKind.REPORT_IMPORT, "2026-11"]
    check_attestation("truth-2026-11")


def test_what_was_never_offered_is_refused_and_what_is_offered_is_named() -> None:
    with pytest.raises(UnknownText, match="2026-11"):
        text_of(ConsentKind.REPORT_IMPORT, "1999")
    with pytest.raises(UnknownText, match="truth-2026-11"):
        check_attestation("1999")
