"""A dispute as it was is the row that was read then."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from api.as_of import AsOf, dispute_as_of, parse_as_of
from domain.kernel import Invalid
from tests.support.api import Served
from tests.support.cases_over_http import Firm


def test_digits_are_a_version_and_all_else_an_instant() -> None:
    assert parse_as_of("12") == AsOf(version=12)
    assert parse_as_of("2026-02-01T12:00:00Z") == AsOf(instant=datetime(2026, 2, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-01", "2026-02-01T12:00:00", "-1", "\u0661"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_as_of(text)


def test_every_version_is_shown_as_it_was(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    dispute_id = firm.cases[0].ids["dispute_id"]
    path = f"/v1/disputes/{dispute_id}"
    now = firm.owner.got(path)
    rows = [firm.owner.got(path, as_of=str(version)) for version in range(1, now["version"] + 1)]
    events = firm.owner.got("/v1/timeline", about_id=dispute_id, limit=100)["items"]

    assert rows[-1] == now
    assert [row["version"] for row in rows] == list(range(1, now["version"] + 1))
    assert len(events) == now["version"]
    assert rows[0]["status"] == "selected"
    assert now["status"] == "overdue"


def test_an_instant_shows_the_last_version_until_then(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    dispute_id = firm.cases[0].ids["dispute_id"]
    events = firm.owner.got("/v1/timeline", about_id=dispute_id, limit=100)["items"]
    latest = {event["happened_at"]: 0 for event in events}
    for event in events:
        latest[event["happened_at"]] = max(latest[event["happened_at"]], event["about_version"])

    for at, version in latest.items():
        by_instant = firm.owner.got(f"/v1/disputes/{dispute_id}", as_of=at)
        assert by_instant == firm.owner.got(f"/v1/disputes/{dispute_id}", as_of=str(version))


def test_outside_of_its_life_there_is_none(served: Served, firms: tuple[Firm, Firm]) -> None:
    tenant_id, dispute_id = UUID(firms[0].tenant_id), UUID(firms[0].cases[0].ids["dispute_id"])
    engine = served.sfdify.engine

    assert dispute_as_of(engine, tenant_id, dispute_id, AsOf(version=1)) is not None
    assert dispute_as_of(engine, tenant_id, dispute_id, AsOf(version=10_000)) is None
    assert dispute_as_of(engine, tenant_id, dispute_id, AsOf(instant=datetime(2020, 1, 1, tzinfo=UTC))) is None
    assert dispute_as_of(engine, tenant_id, uuid4(), AsOf(version=1)) is None
    assert dispute_as_of(engine, uuid4(), dispute_id, AsOf(version=1)) is None
