"""HTTPS calls check whom they talk to, and read the authorities once."""

from __future__ import annotations

import ssl

from infrastructure.trust import trust


def test_certificates_and_names_are_checked_against_authorities_read_once() -> None:
    assert trust() is trust()
    assert trust().verify_mode is ssl.CERT_REQUIRED
    assert trust().check_hostname
    assert trust().cert_store_stats()["x509_ca"] > 0
