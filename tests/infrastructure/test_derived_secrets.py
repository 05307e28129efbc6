"""Derived secrets: the same for the same thing, unlike for any other, and nothing without the installation's own."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from infrastructure.derived_secrets import DerivedSecrets, Purpose

TENANT, THING = uuid4(), uuid4()
DERIVED = DerivedSecrets(bytes(range(32)))


def test_a_secret_is_the_same_each_time_and_fits_into_a_key() -> None:
    first = DERIVED.of(TENANT, Purpose.API_KEY, THING)
    assert first == DerivedSecrets(bytes(range(32))).of(TENANT, Purpose.API_KEY, THING)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", first)


def test_every_part_counts() -> None:
    secrets = {
        DERIVED.of(TENANT, Purpose.API_KEY, THING),
        DERIVED.of(TENANT, Purpose.WEBHOOK_ENDPOINT, THING),
        DERIVED.of(uuid4(), Purpose.API_KEY, THING),
        DERIVED.of(TENANT, Purpose.API_KEY, uuid4()),
        DERIVED.of(THING, Purpose.API_KEY, TENANT),
        DerivedSecrets(bytes(range(1, 33))).of(TENANT, Purpose.API_KEY, THING),
    }
    assert len(secrets) == 6


def test_a_short_secret_of_the_installation_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DerivedSecrets(b"short")
