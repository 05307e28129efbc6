"""Letters: signing, reading, approving the exact bytes; and the mail they become."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Reader, check, own_case
from api.bodies import JsonRoute
from api.commands import CHANGES, READS, Bus, Changed, Key, Version, changed
from api.etags import etag
from api.pages import Page
from api.reads import Lists, One
from api.services import Api
from api.sources import LETTERS, MAILINGS
from application.letters import ApproveLetterAsConsumer, ApproveLetterAsOperator, Sha256, SignLetter, VoidLetter
from application.stopped_mail import RetryMailing
from domain.bureaus import Bureau
from domain.kernel import Invalid, NotFound, Role
from domain.letters import Letter, LetterStatus
from domain.mailings import MailingStatus
from domain.permissions import Permission
from projections.letters import LetterRow
from projections.mailings import MailingRow

router = APIRouter(route_class=JsonRoute, prefix="/v1", tags=["letters"])


class NewSignature(BaseModel):
    """The consumer's signature, given before the letter is printed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    signature_name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
    attestation_version: Annotated[str, Field(max_length=40)]


class NewApproval(BaseModel):
    """The hash of the bytes that were read; a consumer also attests that they are true."""

    model_config = ConfigDict(extra="forbid")
    pdf_sha256: Sha256
    attestation_version: Annotated[str, Field(max_length=40)] | None = None


class Retry(BaseModel):
    """What was put right, or where the piece was looked for in vain."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Voiding(BaseModel):
    """Why the letter is taken back."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("/letters", responses=READS)
async def list_letters(
    listing: Lists, consumer_id: UUID | None = None, status: LetterStatus | None = None, bureau: Bureau | None = None
) -> Page[LetterRow]:
    """Letters, newest first."""
    return await listing.page(LETTERS, consumer_id=consumer_id, status=status, bureau=bureau)


@router.get("/letters/{letter_id}", responses=READS, response_model=LetterRow)
async def get_letter(letter_id: UUID, one: One) -> LetterRow | Response:
    """One letter."""
    return await one.row(LETTERS, letter_id)


@router.get(
    "/letters/{letter_id}/pdf",
    responses={**READS, 200: {"content": {"application/pdf": {}}, "description": "The exact bytes"}},
    response_class=Response,
)
def get_letter_pdf(letter_id: UUID, api: Api, caller: Reader) -> Response:
    """The exact bytes that are, or were, to be approved."""
    check(caller, Permission.READ_CASES)
    letter = api.sfdify.engine.load(caller.tenant_id, Letter, letter_id)
    if letter is None or own_case(caller) not in (None, letter.owner_id) or letter.pdf is None:
        raise NotFound("there is no PDF of this letter")
    pdf = api.sfdify.store.get(caller.tenant_id, letter.owner_id, letter.pdf.object_key)
    if pdf is None:
        raise NotFound("there is no PDF of this letter")
    name = f"letter-{letter.bureau.value}-{letter.letter_date.isoformat()}.pdf"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "ETag": etag(letter.version, 0),
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post("/letters/{letter_id}/signature", responses=CHANGES)
def sign_letter(letter_id: UUID, body: NewSignature, bus: Bus, key: Key, version: Version) -> Changed:
    """The consumer signs; the letter is then printed."""
    command = SignLetter(
        letter_id=letter_id, signature_name=body.signature_name, attestation_version=body.attestation_version
    )
    return changed(bus.change(command, key, version, body), "letter_id")


@router.post("/letters/{letter_id}/approvals", responses=CHANGES)
def approve_letter(letter_id: UUID, body: NewApproval, bus: Bus, key: Key, version: Version) -> Changed:
    """Release the bytes of this hash: as the consumer, or after them as an operator."""
    if bus.caller.role is Role.CONSUMER:
        if body.attestation_version is None:
            raise Invalid("name the attestation_version that was shown with the letter")
        consumer = ApproveLetterAsConsumer(
            letter_id=letter_id, pdf_sha256=body.pdf_sha256, attestation_version=body.attestation_version
        )
        return changed(bus.change(consumer, key, version, body), "letter_id")
    operator = ApproveLetterAsOperator(letter_id=letter_id, pdf_sha256=body.pdf_sha256)
    return changed(bus.change(operator, key, version, body), "letter_id")


@router.post("/letters/{letter_id}/void", responses=CHANGES)
def void_letter(letter_id: UUID, body: Voiding, bus: Bus, key: Key, version: Version) -> Changed:
    """Take a letter back before it is posted; its items are drafted anew, from the profile as it is then."""
    return changed(bus.change(VoidLetter(letter_id=letter_id, reason=body.reason), key, version, body), "letter_id")


@router.get("/mailings", responses=READS)
async def list_mailings(
    listing: Lists, consumer_id: UUID | None = None, letter_id: UUID | None = None, status: MailingStatus | None = None
) -> Page[MailingRow]:
    """Pieces of mail, newest first."""
    return await listing.page(MAILINGS, consumer_id=consumer_id, letter_id=letter_id, status=status)


@router.get("/mailings/{mailing_id}", responses=READS, response_model=MailingRow)
async def get_mailing(mailing_id: UUID, one: One) -> MailingRow | Response:
    """One piece of mail."""
    return await one.row(MAILINGS, mailing_id)


@router.post("/mailings/{mailing_id}/retry", responses=CHANGES)
def retry_mailing(mailing_id: UUID, body: Retry, bus: Bus, key: Key, version: Version) -> Changed:
    """Try again a piece that was refused, or whose outcome stays unknown: the provider is searched once more first."""
    command = RetryMailing(mailing_id=mailing_id, reason=body.reason)
    return changed(bus.change(command, key, version, body), "mailing_id")
