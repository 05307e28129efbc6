"""AWS KMS as the vault of tenants' keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure.vault import VaultRefused


class KmsVault:
    """Data keys encrypted by a KMS key, bound to the tenant by the encryption context.

    Calls: Encrypt and Decrypt of the AWS KMS API. Access can be limited by `kms:EncryptionContext:tenant`.
    """

    def __init__(self, client: Any, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    @classmethod
    def connect(cls, key_id: str, *, region: str, endpoint_url: str | None = None) -> KmsVault:
        """A vault on a KMS reached within 2 s and answering within 5 s, tried three times."""
        config = Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 3, "mode": "standard"})
        return cls(boto3.client("kms", region_name=region, endpoint_url=endpoint_url, config=config), key_id)

    def wrap(self, tenant_id: UUID, key: bytes) -> tuple[str, bytes]:
        """Encrypt under the configured key."""
        answer = self._call("encrypt", KeyId=self._key_id, Plaintext=key, EncryptionContext=_context(tenant_id))
        return str(answer["KeyId"]), bytes(answer["CiphertextBlob"])

    def unwrap(self, tenant_id: UUID, kek_id: str, wrapped: bytes) -> bytes:
        """Decrypt under the key that encrypted it."""
        answer = self._call("decrypt", KeyId=kek_id, CiphertextBlob=wrapped, EncryptionContext=_context(tenant_id))
        return bytes(answer["Plaintext"])

    def _call(self, operation: str, **arguments: Any) -> Any:
        try:
            return getattr(self._client, operation)(**arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise VaultRefused(f"KMS refused to {operation}: {code}") from None
        except BotoCoreError as error:
            raise VaultRefused(f"KMS could not be reached to {operation}: {type(error).__name__}") from None


def _context(tenant_id: UUID) -> dict[str, str]:
    return {"tenant": str(tenant_id)}
