"""Which key a tenant's letters go out under."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from application.posting import PostRejected
from domain.tenants import TenantMode
from infrastructure.directory import Entry
from infrastructure.posts import Posts, sandbox_key
from infrastructure.settings import Settings


@dataclass
class Directory:
    mode: TenantMode

    def by_id(self, tenant_id: UUID) -> Entry:
        return Entry(tenant_id, "firm", self.mode)


def posts(mode: TenantMode, key: str | None) -> Posts:
    given = {"lob_api_key": key, "lob_base_url": "https://post.example/v1"} if key else {}
    return Posts(Settings.model_validate(given), Directory(mode))  # type: ignore[arg-type]


def test_without_a_key_every_tenant_has_the_sandbox_to_itself() -> None:
    made, tenant = posts(TenantMode.TEST, None), uuid4()
    assert made.of(tenant) is made.of(tenant)
    assert sandbox_key(tenant) != sandbox_key(uuid4())


def test_a_test_tenant_never_reaches_a_key_that_prints() -> None:
    with pytest.raises(PostRejected) as refusal:
        posts(TenantMode.TEST, "live_0123").of(uuid4())
    assert refusal.value.kind == "account"
    assert posts(TenantMode.TEST, "test_0123").of(uuid4())
    assert posts(TenantMode.LIVE, "live_0123").of(uuid4())


@pytest.mark.parametrize("key", [None, "test_0123"])
def test_a_live_tenant_is_never_told_that_a_letter_was_mailed_which_nobody_prints(key: str | None) -> None:
    with pytest.raises(PostRejected) as refusal:
        posts(TenantMode.LIVE, key).of(uuid4())
    assert (refusal.value.code, refusal.value.kind) == ("live_tenant_test_key", "account")
