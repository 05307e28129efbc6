"""The tenant's own settings, as its people see them."""

from projections.tenants import TenantsProjection
from tests.support.histories import TENANT_ID, at
from tests.support.stored import Stored


def test_a_tenant_shows_its_latest_settings(seen: Stored) -> None:
    row = seen.row("tenants", id=TENANT_ID)
    assert (row["slug"], row["mode"], row["version"]) == ("first-firm", "test", 8)
    assert row["policies"]["approvals"] == "consumer_only"  # type: ignore[index]
    assert row["branding"]["display_name"] == "First"  # type: ignore[index]
    assert row["sender"]["city"] == "Allen"  # type: ignore[index]
    assert row["clock_now"] == at(48)


def test_rebuilt_rows_are_the_incremental_rows(seen: Stored) -> None:
    assert seen.rebuilt_equals_incremental(TenantsProjection())
