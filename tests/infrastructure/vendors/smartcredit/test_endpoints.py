"""A provider is what the environment says it is."""

from __future__ import annotations

import pytest

from infrastructure.settings import REPORT_PROVIDER, Settings
from infrastructure.vendors.smartcredit.endpoints import Endpoints, NotConfigured


def test_every_part_is_read_from_the_environment() -> None:
    given = {name: f"https://feed.example/{name}" for name in REPORT_PROVIDER}
    given |= {"smartcredit_scope": "reports:read", "public_url_override": "https://case.example"}
    found = Endpoints.configured(
        Settings.model_validate(
            {**given, "smartcredit_jwks_url": "https://feed.example/j", "smartcredit_sends_iss": True}
        )
    )
    for name in REPORT_PROVIDER:
        assert getattr(found, name.removeprefix("smartcredit_")) == given[name]
    assert (found.redirect_uri, found.jwks_url) == (
        "https://case.example/connections/callback",
        "https://feed.example/j",
    )
    assert found.sends_iss
    assert not found.wants_identity
    assert found.client_secret not in repr(found)


def test_without_a_provider_there_is_none() -> None:
    with pytest.raises(NotConfigured):
        Endpoints.configured(Settings())


def test_the_sandbox_names_itself_and_whom_it_is_about() -> None:
    found = Endpoints.sandbox("http://127.0.0.1:8323", "c", "s", "https://case.example/back")
    assert (found.issuer, found.token_url) == ("http://127.0.0.1:8323", "http://127.0.0.1:8323/oauth/token")
    assert found.wants_identity
    assert found.sends_iss


def test_an_address_that_cannot_take_an_order_id_is_refused() -> None:
    found = Endpoints.sandbox("http://127.0.0.1:8323", "c", "s", "https://case.example/back")
    with pytest.raises(ValueError, match="query"):
        Endpoints(**{**{name: getattr(found, name) for name in Endpoints.__slots__}, "reports_url": "https://f/?a=1"})
