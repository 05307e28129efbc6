"""A consumer who lets a report provider in, over HTTP."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.support.api import Json
from tests.support.cases_over_http import TEXT, Case
from tests.support.feeds import PROVIDER

NEW: Json = {"provider": PROVIDER, "text_version": TEXT}


def path_of(case: Case) -> str:
    """Where the case's connections are begun."""
    return f"/v1/consumers/{case.ids['consumer_id']}/connections"


def state_of(begun: Json) -> str:
    """The state in the address that the consumer is sent to."""
    return parse_qs(urlsplit(begun["authorization_url"]).query)["state"][0]


def at(begun: Json, what: str = "") -> str:
    """The address of a connection, or of what belongs to it."""
    return f"/v1/connections/{begun['connection_id']}{what}"


def connected(case: Case, **new: str) -> Json:
    """There and back; nothing need have been fetched yet."""
    begun = case.consumer.made("POST", path_of(case), NEW | new)
    if begun["authorization_url"] is not None:
        case.consumer.made("POST", at(begun, "/callback"), {"state": state_of(begun), "code": "c"})
    return begun
