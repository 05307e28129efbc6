"""Our values in Lob's fields and back."""

from __future__ import annotations

import pytest

from application.posting import ScanKind
from infrastructure.vendors.lob.mapping import (
    LobLetter,
    LobReceipt,
    LobTrackingEvent,
    LobVerification,
    accepted,
    letter_form,
    piece_status,
    tracking_scan,
    verification,
)
from tests.support.posting import bureau, piece


def test_a_piece_becomes_the_fields_of_a_letter() -> None:
    form = letter_form(piece(to=bureau(name="Dispute Centre", line2="Suite 9")), "2024-01-01")

    assert form["to[name]"] == "Dispute Centre"
    assert form["to[company]"] == "Example Bureau"
    assert form["to[address_line2]"] == "Suite 9"
    assert form["from[address_zip]"] == "73301"
    assert (form["metadata[mailing_id]"], form["metadata[letter_id]"]) == ("mailing-1", "letter-1")
    assert (form["color"], form["double_sided"], form["extra_service"]) == ("false", "true", "certified")


def test_ordinary_mail_has_no_extra_service_and_old_versions_know_no_size() -> None:
    form = letter_form(piece(service="none"), "2020-02-11")

    assert "extra_service" not in form
    assert "size" not in form
    assert "description" not in form


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Mailed", ScanKind.MAILED), ("In Transit", ScanKind.IN_TRANSIT), ("In Local Area", ScanKind.IN_LOCAL_AREA),
        ("Processed for Delivery", ScanKind.PROCESSED_FOR_DELIVERY), ("Delivered", ScanKind.DELIVERED),
        ("Pickup Available", ScanKind.PICKUP_AVAILABLE), ("Re-Routed", ScanKind.RE_ROUTED),
        ("Returned to Sender", ScanKind.RETURNED), ("Issue", ScanKind.ISSUE),
        ("International Exit", ScanKind.UNKNOWN),
    ],
)  # fmt: skip
def test_every_scan_has_its_kind(name: str, kind: ScanKind) -> None:
    event = LobTrackingEvent(id="evnt_1", name=name, date_created="2026-03-02T10:00:00Z", time="2026-03-01T10:00:00Z")

    scan = tracking_scan(event)

    assert (scan.kind, scan.occurred_at, scan.provider_event) == (kind, event.time, name)


def test_the_providers_time_stands_in_for_a_missing_carriers_time() -> None:
    event = LobTrackingEvent(id="evnt_1", name="Mailed", date_created="2026-03-02T10:00:00Z")

    assert tracking_scan(event).occurred_at == event.date_created


def test_a_letter_bought_is_seen_even_when_the_rest_has_a_new_form() -> None:
    receipt = LobReceipt.model_validate(
        {"id": "ltr_1", "expected_delivery_date": "soon", "metadata": {"mailing_id": "m"}, "news": 1, "deleted": None}
    )

    assert accepted(receipt).provider_id == "ltr_1"
    assert accepted(receipt).expected_delivery_on is None
    assert receipt.is_for("m")
    assert not receipt.is_for("n")


def test_a_failed_letter_is_known_as_such() -> None:
    status = piece_status(LobLetter(id="ltr_1", status="failed", tracking_events=None))

    assert (status.failed, status.deleted, status.scans) == (True, False, ())


def test_only_the_components_that_rules_read_are_kept() -> None:
    answer = LobVerification.model_validate(
        {
            "id": "us_ver_1",
            "deliverability": "deliverable_missing_unit",
            "valid_address": True,
            "primary_line": "1 MAIN ST",
            "components": {"county_fips": "48453", "zip_code_type": "standard", "latitude": 30.2, "county": ""},
        }
    )

    assert dict(verification(answer).components) == {"county_fips": "48453", "zip_code_type": "standard"}
    assert "MAIN" not in repr(verification(answer))
