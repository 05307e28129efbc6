"""Consumers, what they agree to, and their erasure."""

from __future__ import annotations

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader, Writer, check, own_case
from api.bodies import JsonRoute
from api.commands import CHANGES, CREATES, READS, Bus, Changed, Key, Version, changed
from api.pages import Page
from api.positions import MinEventPosition
from api.reads import Lists, One, current
from api.services import Api
from api.sources import CONSENTS, CONSUMERS
from application.consumers import (
    AddIdentityDocument,
    ChangeProfile,
    DecideKyc,
    EraseConsumer,
    GiveConsent,
    RegisterConsumer,
    WithdrawConsent,
)
from domain.consumers import ConsentKind, Consumer, DocumentKind, ErasureReason, KycStatus, Profile
from domain.kernel import Invalid, NotFound
from domain.permissions import Permission
from infrastructure.ids import new_id
from projections.consents import ConsentRow
from projections.consumers import ConsumerRow
from projections.reading import many_async

router = APIRouter(route_class=JsonRoute, prefix="/v1/consumers", tags=["consumers"])
LARGEST_DOCUMENT = 10_000_000
_PAPERS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class ConsumerMade(BaseModel):
    """The new consumer."""

    consumer_id: UUID


class NewConsent(BaseModel):
    """The consumer's own agreement to one version of one text."""

    model_config = ConfigDict(extra="forbid")
    kind: ConsentKind
    text_version: Annotated[str, Field(max_length=40)]


class KycDecision(BaseModel):
    """How identity was established, or why it was not."""

    model_config = ConfigDict(extra="forbid")
    status: KycStatus
    basis: Annotated[str, Field(min_length=1, max_length=200)]


class Erasure(BaseModel):
    """Why the person is erased."""

    model_config = ConfigDict(extra="forbid")
    reason: ErasureReason


class ShownProfile(BaseModel):
    """What the consumer told us; of the Social Security number only the last four digits are ever shown."""

    given_name: str
    middle_name: str | None
    family_name: str
    suffix: str | None
    email: str
    phone: str | None
    birth_date: str
    ssn_last4: str
    address: str
    previous_addresses: list[str]


class DocumentMade(BaseModel):
    """The stored paper."""

    document_id: UUID
    sha256: str


@router.post("", status_code=201, responses=CREATES)
def register_consumer(body: Profile, bus: Bus, key: Key) -> ConsumerMade:
    """Take a person on."""
    done = bus.create(RegisterConsumer(profile=body), key, body)
    return ConsumerMade(consumer_id=done.answer["consumer_id"])


@router.get("", responses=READS)
async def list_consumers(listing: Lists, kyc: KycStatus | None = None) -> Page[ConsumerRow]:
    """The tenant's consumers, newest first; a consumer sees themselves."""
    return await listing.page(CONSUMERS, kyc=kyc)


@router.get("/{consumer_id}", responses=READS, response_model=ConsumerRow)
async def get_consumer(consumer_id: UUID, one: One) -> ConsumerRow | Response:
    """One consumer."""
    return await one.row(CONSUMERS, consumer_id)


@router.get("/{consumer_id}/profile", responses=READS)
def get_profile(consumer_id: UUID, api: Api, caller: Reader) -> ShownProfile:
    """Everything the consumer told us, opened with their own key."""
    check(caller, Permission.READ_CASES)
    consumer = api.sfdify.engine.load(caller.tenant_id, Consumer, consumer_id)
    if consumer is None or own_case(caller) not in (None, consumer_id) or consumer.profile is None:
        raise NotFound("there is no consumer of this id")
    profile = consumer.profile
    return ShownProfile(
        **profile.model_dump(include={"given_name", "middle_name", "family_name", "suffix", "email", "phone"}),
        birth_date=profile.birth_date.isoformat(),
        ssn_last4=profile.ssn_last4,
        address=profile.address.canonical,
        previous_addresses=[address.canonical for address in profile.previous_addresses],
    )


@router.put("/{consumer_id}/profile", responses=CHANGES)
def change_profile(consumer_id: UUID, body: Profile, bus: Bus, key: Key, version: Version) -> Changed:
    """Correct what the consumer told us."""
    return changed(bus.change(ChangeProfile(consumer_id=consumer_id, profile=body), key, version, body), "consumer_id")


@router.post("/{consumer_id}/kyc", responses=CHANGES)
def decide_kyc(consumer_id: UUID, body: KycDecision, bus: Bus, key: Key, version: Version) -> Changed:
    """Record how identity was established."""
    command = DecideKyc(consumer_id=consumer_id, status=body.status, basis=body.basis)
    return changed(bus.change(command, key, version, body), "consumer_id")


@router.post("/{consumer_id}/erase", responses=CHANGES)
def erase_consumer(consumer_id: UUID, body: Erasure, bus: Bus, key: Key, version: Version) -> Changed:
    """Destroy the person's key: nothing sealed of them can be read again, in any backup either."""
    command = EraseConsumer(consumer_id=consumer_id, reason=body.reason)
    return changed(bus.change(command, key, version, body), "consumer_id")


@router.post("/{consumer_id}/consents", status_code=201, responses=CREATES)
def give_consent(consumer_id: UUID, body: NewConsent, bus: Bus, key: Key) -> Changed:
    """The consumer agrees to a text. Nobody can do this for them."""
    command = GiveConsent(consumer_id=consumer_id, kind=body.kind, text_version=body.text_version)
    return changed(bus.create(command, key, body), "consumer_id")


@router.delete("/{consumer_id}/consents/{kind}", responses=CREATES)
def withdraw_consent(consumer_id: UUID, kind: ConsentKind, bus: Bus, key: Key) -> Changed:
    """The consumer takes an agreement back."""
    return changed(bus.create(WithdrawConsent(consumer_id=consumer_id, kind=kind), key, None), "consumer_id")


@router.get("/{consumer_id}/consents", responses=READS)
async def list_consents(consumer_id: UUID, api: Api, caller: Reader, position: MinEventPosition) -> list[ConsentRow]:
    """What the consumer has agreed to."""
    check(caller, Permission.READ_CASES)
    if own_case(caller) not in (None, consumer_id):
        raise NotFound("there is no consumer of this id")
    await current(api, CONSENTS, position)
    async with api.readers.connection() as conn:
        rows = await many_async(
            conn,
            caller.tenant_id,
            "SELECT consumer_id, kind, text_version, text_sha256, given_at, withdrawn_at FROM rm.consents"
            " WHERE consumer_id = %s ORDER BY kind",
            (consumer_id,),
        )
    return [ConsentRow.model_validate(row) for row in rows]


@router.post("/{consumer_id}/documents", status_code=201, responses=CREATES)
def add_document(
    consumer_id: UUID,
    bus: Bus,
    key: Key,
    api: Api,
    caller: Writer,
    kind: Annotated[DocumentKind, Form()],
    file: Annotated[UploadFile, File()],
) -> DocumentMade:
    """Keep an identity paper (PDF, PNG or JPEG, up to 10 MB), sealed under the consumer's key."""
    check(caller, Permission.WRITE_CONSUMERS)
    if api.sfdify.engine.load(caller.tenant_id, Consumer, consumer_id) is None:
        raise NotFound("there is no consumer of this id")
    content = file.file.read(LARGEST_DOCUMENT + 1)
    media_type = next((name for magic, name in _PAPERS.items() if content.startswith(magic)), None)
    if media_type is None or len(content) > LARGEST_DOCUMENT:
        raise Invalid("send a PDF, PNG or JPEG of at most 10 MB")
    document_id, sha256 = new_id(), hashlib.sha256(content).hexdigest()
    object_key = f"documents/{sha256}"
    api.sfdify.store.put(caller.tenant_id, consumer_id, object_key, content)
    done = bus.create(
        AddIdentityDocument(
            consumer_id=consumer_id,
            document_id=document_id,
            kind=kind,
            sha256=sha256,
            object_key=object_key,
            media_type=media_type,
        ),
        key,
        {"kind": kind.value, "sha256": sha256},
    )
    return DocumentMade(document_id=done.answer["document_id"], sha256=sha256)
