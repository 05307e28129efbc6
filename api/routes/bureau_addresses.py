"""Where each bureau takes disputes, how long ago that was read at its source, and recording that it was read again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from api.access import Reader, check
from api.bodies import JsonRoute
from api.commands import CREATES, READS, Bus, Changed, Key, changed
from api.services import Api
from application.bureau_addresses import VerifyBureauAddress
from domain.address_book import VERIFY_EVERY, NoDisputeAddress, dispute_address
from domain.addresses import PostalAddress
from domain.bureau_addresses import BureauAddress, last_verified
from domain.bureaus import Bureau
from domain.permissions import Permission

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["tasks"])


class Reading(BaseModel):
    """The address for disputes by mail as the bureau's own pages give it now."""

    model_config = ConfigDict(extra="forbid")
    bureau: Bureau
    address: PostalAddress


class BureauAddressRow(BaseModel):
    """The address letters to a bureau go to today; a task about it names `bureau_address_id`."""

    bureau_address_id: UUID
    bureau: Bureau
    company: str
    address: PostalAddress
    verified_on: date
    verify_again_on: date


@router.get("/bureau-addresses", responses=READS)
def list_bureau_addresses(api: Api, caller: Reader) -> list[BureauAddressRow]:
    """The addresses in force today; a bureau without one is absent."""
    check(caller, Permission.READ_CASES)
    today = api.sfdify.clocks.tenant_now(caller.tenant_id).date()
    rows = []
    for bureau in Bureau:
        try:
            entry = dispute_address(bureau, today)
        except NoDisputeAddress:
            continue
        address_id = BureauAddress.identity(caller.tenant_id, bureau)
        verified_on = last_verified(entry, api.sfdify.engine.load(caller.tenant_id, BureauAddress, address_id))
        rows.append(
            BureauAddressRow(
                bureau_address_id=address_id,
                bureau=bureau,
                company=entry.company,
                address=entry.address,
                verified_on=verified_on,
                verify_again_on=verified_on + VERIFY_EVERY,
            )
        )
    return rows


@router.post("/bureau-addresses/verifications", responses=CREATES, status_code=201)
def verify_bureau_address(body: Reading, bus: Bus, key: Key) -> Changed:
    """Record that the book's address was read at the bureau again; the task that asked for it then closes."""
    command = VerifyBureauAddress(bureau=body.bureau, address=body.address)
    return changed(bus.create(command, key, body), "bureau_address_id")
