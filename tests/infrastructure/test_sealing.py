from __future__ import annotations

from uuid import uuid4

import pytest

from infrastructure.sealing import CannotUnseal, SecretSeal

TENANT = uuid4()
SEAL = SecretSeal(bytes(range(32)))


def test_sealed_bytes_open_for_their_tenant_and_purpose_only() -> None:
    sealed = SEAL.seal(TENANT, "webhook secret", b"whsec")
    assert b"whsec" not in sealed
    assert SEAL.seal(TENANT, "webhook secret", b"whsec") != sealed
    assert SEAL.unseal(TENANT, "webhook secret", sealed) == b"whsec"
    for seal, tenant, purpose, data in [
        (SEAL, uuid4(), "webhook secret", sealed),
        (SEAL, TENANT, "inbox lob", sealed),
        (SecretSeal(bytes(32)), TENANT, "webhook secret", sealed),
        (SEAL, TENANT, "webhook secret", sealed[:-1]),
        (SEAL, TENANT, "webhook secret", b""),
    ]:
        with pytest.raises(CannotUnseal):
            seal.unseal(tenant, purpose, data)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretSeal(b"short")
