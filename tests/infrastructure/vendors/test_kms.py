"""KMS when it refuses or cannot be reached; what it does well is in the vaults' shared contract (test_vault)."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest
from moto import mock_aws

from infrastructure.vault import VaultRefused
from infrastructure.vendors.kms import KmsVault


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_an_unreachable_kms_is_said_to_be_unreachable() -> None:
    vault = KmsVault.connect("key", region="us-east-1", endpoint_url="http://127.0.0.1:1")
    with pytest.raises(VaultRefused, match="could not be reached to encrypt"):
        vault.wrap(uuid4(), os.urandom(32))


def test_a_missing_key_is_said_to_be_missing() -> None:
    with mock_aws():
        vault = KmsVault.connect(str(uuid4()), region="us-east-1")
        with pytest.raises(VaultRefused, match="KMS refused to encrypt: NotFoundException"):
            vault.wrap(uuid4(), os.urandom(32))
