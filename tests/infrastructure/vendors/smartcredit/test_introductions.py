"""A test-mode tenant is made known to the sandbox under a name and a secret of its own."""

from __future__ import annotations

import hashlib
import hmac
import json
from uuid import uuid4

import pytest

from application.feeding import FeedBusy, FeedRefused
from infrastructure.vendors.smartcredit.calls import Calls
from infrastructure.vendors.smartcredit.introductions import introduce, sandbox_client
from tests.support.odd_provider import Answer, OddProvider


def test_each_tenant_is_another_client() -> None:
    tenant = uuid4()
    client_id, secret = sandbox_client(tenant, b"k" * 32)
    assert client_id == f"sfdify-{tenant.hex}"
    assert secret == hmac.new(b"k" * 32, tenant.bytes, hashlib.sha256).hexdigest()
    assert sandbox_client(uuid4(), b"k" * 32)[1] != secret
    assert sandbox_client(tenant, b"l" * 32)[1] != secret


def test_it_is_said_with_the_way_back(provider: OddProvider) -> None:
    provider.usual["/sandbox/clients"] = Answer(200, {})
    introduce(Calls(), provider.url, "c", "s", "https://case.example/back")
    assert json.loads(provider.last("/sandbox/clients").body) == {
        "client_id": "c",
        "client_secret": "s",
        "redirect_uris": ["https://case.example/back"],
    }


def test_a_sandbox_that_is_not_there_is_a_passing_trouble(provider: OddProvider) -> None:
    provider.says("/sandbox/clients", Answer(503), Answer(422))
    with pytest.raises(FeedBusy):
        introduce(Calls(), provider.url, "c", "s", "https://case.example/back")
    with pytest.raises(FeedRefused):
        introduce(Calls(), provider.url, "c", "s", "https://case.example/back")
    with pytest.raises(FeedBusy, match="connect_error"):
        introduce(Calls(), "http://127.0.0.1:9", "c", "s", "https://case.example/back")
