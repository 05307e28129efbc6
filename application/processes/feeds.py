"""Every automatic next step of a connection to a provider of credit reports."""

from __future__ import annotations

from application.connections import EndLink
from application.kernel import Step, on
from domain.connections import Connection


@on(Connection.Revoked)
def end_link_on_connection_revoked(revoked: Connection.Revoked) -> Step:
    yield EndLink(connection_id=revoked.originator_id)
