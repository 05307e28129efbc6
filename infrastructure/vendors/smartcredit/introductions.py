"""Making a test-mode tenant known to the sandbox report provider, which lets anybody on its port do that."""

from __future__ import annotations

import hmac
from hashlib import sha256
from uuid import UUID

from infrastructure.vendors.smartcredit.calls import Calls


def sandbox_client(tenant_id: UUID, secret: bytes) -> tuple[str, str]:
    """The name and the secret by which the sandbox keeps a tenant's people apart from all others'."""
    return f"sfdify-{tenant_id.hex}", hmac.new(secret, tenant_id.bytes, sha256).hexdigest()


def introduce(calls: Calls, base_url: str, client_id: str, client_secret: str, redirect_uri: str) -> None:
    """Make a client known; saying it again changes nothing. Raises FeedBusy, FeedRefused."""
    client = {"client_id": client_id, "client_secret": client_secret, "redirect_uris": [redirect_uri]}
    answer = calls.ask("POST", f"{base_url}/sandbox/clients", json=client)
    if not answer.is_success:
        raise calls.problem(answer)
