"""The next steps of connections to providers of reports: which event asks for which command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from application.connections import EndLink
from application.processes import feeds
from domain.connections import Connection
from domain.kernel import Event
from tests.support.histories import first


def feed_steps() -> dict[Callable[..., Any], tuple[Event, list[Any]]]:
    """Every reaction, an event it reacts to, and what it asks for."""
    revoked = first(Connection.Revoked)
    return {
        feeds.end_link_on_connection_revoked: (revoked, [EndLink(connection_id=revoked.originator_id)]),
    }
