"""The walk's own browser: it allows what the form asks, and says so when there is no form."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.demo.client import WalkFailed
from api.demo.provider import Provider, client_of
from tests.support.credit_feed import CLIENT, credit_feed
from tests.support.credit_feed import Provider as Feed

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


def address_of(feed: Feed, **changes: str) -> str:
    return str(httpx.URL(f"{feed.url}/oauth/authorize", params=feed.asked(**changes)))


def test_a_person_with_reports_allows_a_client_and_is_sent_back_with_a_code(tmp_path: Path) -> None:
    with credit_feed(tmp_path) as feed:
        provider = Provider(feed.url)
        provider.know(CLIENT, "passcode", [(NOW, b"{}")], NOW)
        provider.call(CLIENT, {"url": "http://127.0.0.1:9/hooks", "secret": "s" * 32})
        address = address_of(feed)
        assert client_of(address) == CLIENT
        back = provider.allow(address, "passcode")
        assert (back["state"], back["iss"]) == ("a-state", feed.url)
        assert feed.exchange(back["code"]).status_code == 200
        with pytest.raises(WalkFailed, match="did not send the consumer back"):
            provider.allow(address, "wrong")
        with pytest.raises(WalkFailed, match="no form"):
            provider.allow(address_of(feed, redirect_uri="http://127.0.0.1:9/elsewhere"), "passcode")
        provider.close()
