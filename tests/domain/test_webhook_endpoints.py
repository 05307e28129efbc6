"""Endpoints are on record as opened and closed, without their secrets."""

import pytest

from domain.kernel import Event, IllegalMove
from domain.webhook_endpoints import WebhookEndpoint
from tests.support.histories import NOON, at, uid


def test_an_endpoint_is_opened_and_closed_once_by_somebody() -> None:
    endpoint = WebhookEndpoint.open(uid("endpoint"), NOON, provider="lob", opened_by=uid("owner"))
    assert endpoint.active
    endpoint.close(uid("other owner"), at(1))
    assert not endpoint.active
    with pytest.raises(IllegalMove):
        endpoint.close(uid("owner"), at(2))
    kept = [event.model_dump() for event in endpoint.pending_events if isinstance(event, Event)]
    usual = {"originator_id", "originator_version", "timestamp"}
    assert set(kept[0]) - usual == {"originator_topic", "provider", "opened_by"}
    assert kept[1]["closed_by"] == uid("other owner")
