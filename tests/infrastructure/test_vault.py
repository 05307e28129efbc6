"""Vaults: what one tenant wrapped no other unwraps. The same contract for the embedded one and for KMS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from infrastructure.vault import EmbeddedVault, Vault, VaultRefused
from infrastructure.vendors.kms import KmsVault


@pytest.fixture(params=["embedded", "kms"])
def vault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    if request.param == "embedded":
        yield EmbeddedVault({"v1": os.urandom(32)}, "v1")
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        key = boto3.client("kms", region_name="us-east-1").create_key()["KeyMetadata"]["KeyId"]
        yield KmsVault.connect(key, region="us-east-1")


def test_a_wrapped_key_comes_back_for_its_tenant_only(vault: Vault) -> None:
    tenant, key = uuid4(), os.urandom(32)
    kek_id, wrapped = vault.wrap(tenant, key)
    assert key not in wrapped
    assert vault.unwrap(tenant, kek_id, wrapped) == key
    with pytest.raises(VaultRefused):
        vault.unwrap(uuid4(), kek_id, wrapped)


def test_an_altered_wrapping_is_refused(vault: Vault) -> None:
    tenant = uuid4()
    kek_id, wrapped = vault.wrap(tenant, os.urandom(32))
    with pytest.raises(VaultRefused):
        vault.unwrap(tenant, kek_id, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


@pytest.mark.parametrize("left", [0, 1, 12, 20])
def test_a_shortened_wrapping_is_refused(left: int) -> None:
    tenant, vault = uuid4(), EmbeddedVault({"v1": os.urandom(32)}, "v1")
    kek_id, wrapped = vault.wrap(tenant, os.urandom(32))
    with pytest.raises(VaultRefused):
        vault.unwrap(tenant, kek_id, wrapped[:left])


def test_an_unknown_wrapping_key_is_refused(vault: Vault) -> None:
    tenant = uuid4()
    _, wrapped = vault.wrap(tenant, os.urandom(32))
    with pytest.raises(VaultRefused):
        vault.unwrap(tenant, "no-such-key", wrapped)


def test_a_new_master_wraps_and_the_old_one_still_opens() -> None:
    tenant, key, old, new = uuid4(), os.urandom(32), os.urandom(32), os.urandom(32)
    kek_id, wrapped = EmbeddedVault({"v1": old}, "v1").wrap(tenant, key)
    rotated = EmbeddedVault({"v1": old, "v2": new}, "v2")
    assert rotated.unwrap(tenant, kek_id, wrapped) == key
    assert rotated.wrap(tenant, key)[0] == "v2"
    with pytest.raises(VaultRefused, match="'v1' is not configured"):
        EmbeddedVault({"v2": new}, "v2").unwrap(tenant, kek_id, wrapped)


def test_master_keys_are_checked() -> None:
    with pytest.raises(ValueError, match="no master key 'v2'"):
        EmbeddedVault({"v1": os.urandom(32)}, "v2")
    with pytest.raises(ValueError, match="must be 32 bytes"):
        EmbeddedVault({"v1": b"short"}, "v1")
