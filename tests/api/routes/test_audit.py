"""The log itself, for auditors."""

from __future__ import annotations

from api.routes import audit
from tests.support.api import Json
from tests.support.cases_over_http import Firm, profile


def everything(firm: Firm) -> list[Json]:
    items: list[Json] = []
    after: dict[str, str] = {}
    while True:
        page = firm.people["auditor"].got("/v1/audit/events", limit=50, **after)
        items += page["items"]
        if not page["has_more"]:
            return items
        after = {"after": page["next_after"]}


def test_every_event_comes_once_in_order_and_says_nothing_sealed(firms: tuple[Firm, Firm]) -> None:
    items = everything(firms[0])
    positions = [item["position"] for item in items]

    assert len(set(positions)) == len(positions) > 50
    assert [audit.LoggedEvent.model_validate(item).recorded_at for item in items]
    assert items[0]["topic"].startswith("tenant.registered")
    for secret in (profile()["ssn"], profile()["given_name"], "Aldenquist", "Sycamore"):
        assert secret not in str(items)


def test_one_things_events_are_its_versions(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    dispute_id = firm.cases[0].ids["dispute_id"]
    items = firm.owner.got("/v1/audit/events", originator_id=dispute_id)["items"]

    assert [item["version"] for item in items] == list(range(1, len(items) + 1))
    assert {item["originator_id"] for item in items} == {dispute_id}
    assert all(item["metadata"]["actor"] and item["metadata"]["command"] for item in items)
