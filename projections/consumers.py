"""Consumers as an operator lists them. Numbers, birth dates and streets are not here: they stay sealed in the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from domain.consumers import Consumer, KycStatus, Profile
from domain.kernel import Event
from projections.kernel import Change, Projection, Recorded, Table, on

CONSUMERS = Table(
    "consumers",
    aggregate=Consumer,
    key={"consumer_id": "uuid"},
    columns={
        "created_at": "timestamptz",
        "given_name": "text",
        "family_name": "text",
        "name_key": 'text COLLATE "C"',
        "email": "text",
        "phone": "text",
        "city": "text",
        "state": "text",
        "kyc": "text",
        "consents": "jsonb",
        "erased": "boolean DEFAULT false",
    },
    indexes=("created_at, consumer_id", "name_key"),
)


class ConsumerRow(BaseModel):
    """A consumer in a list; empty names mean that the person was erased."""

    consumer_id: UUID
    created_at: datetime
    given_name: str | None
    family_name: str | None
    email: str | None
    phone: str | None
    city: str | None
    state: str | None
    kyc: KycStatus
    consents: dict[str, str]
    erased: bool
    version: int


class ConsumersProjection(Projection):
    """Who the tenant works for."""

    name = "consumers"
    tables = (CONSUMERS,)

    @on(Consumer.Registered)
    def registered(self, r: Recorded[Consumer.Registered]) -> Iterable[Change]:
        yield CONSUMERS.put(
            r.event.originator_id,
            created_at=r.event.timestamp,
            kyc=KycStatus.UNVERIFIED,
            consents={},
            **_person(r.event.profile),
        )

    @on(Consumer.ProfileChanged)
    def profile_changed(self, r: Recorded[Consumer.ProfileChanged]) -> Iterable[Change]:
        yield CONSUMERS.amend(r.event.originator_id, **_person(r.event.profile))

    @on(Consumer.KycDecided)
    def kyc_decided(self, r: Recorded[Consumer.KycDecided]) -> Iterable[Change]:
        yield CONSUMERS.amend(r.event.originator_id, kyc=r.event.status)

    @on(Consumer.Erased, Consumer.Forgotten)
    def erased(self, r: Recorded[Event]) -> Iterable[Change]:
        yield CONSUMERS.amend(r.event.originator_id, erased=True, **_person(None))


def _person(profile: Profile | None) -> dict[str, str | None]:
    if profile is None:
        return dict.fromkeys(("given_name", "family_name", "name_key", "email", "phone", "city", "state"))
    return {
        "given_name": profile.given_name,
        "family_name": profile.family_name,
        "name_key": f"{profile.family_name} {profile.given_name}".casefold(),
        "email": profile.email,
        "phone": profile.phone,
        "city": profile.address.city,
        "state": profile.address.state,
    }
