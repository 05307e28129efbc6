"""Bureaus' dispute addresses: read again at their source in time, so that no letter goes where nobody reads it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from application.kernel import Answer, Command, Work, handles
from application.tasks import OpenTask
from domain.address_book import DisputeAddress, NoDisputeAddress, dispute_address
from domain.addresses import PostalAddress
from domain.bureau_addresses import BureauAddress, last_verified, needs_verifying
from domain.bureaus import Bureau
from domain.permissions import Permission
from domain.tasks import TaskKind


class VerifyBureauAddress(Command):
    """Record that a bureau's own pages still name this address for disputes."""

    needs: ClassVar[Permission] = Permission.WORK_TASKS

    bureau: Bureau
    address: PostalAddress


@handles(VerifyBureauAddress)
def verify_bureau_address(command: VerifyBureauAddress, work: Work) -> Answer:
    """Keep who confirmed the book's address, and when; the task that asked for it closes by itself."""
    address_id = BureauAddress.identity(work.caller.tenant_id, command.bureau)
    entry = dispute_address(command.bureau, work.now.date())
    held = work.find(BureauAddress, address_id)
    if held is None:
        held = work.add(BureauAddress.open(address_id, work.now, command.bureau))
    held.verify(entry, command.address, work.caller.actor_id, work.now)
    return {"bureau_address_id": held.id, "version": held.version}


def address_in_force(bureau: Bureau, today: date, work: Work) -> DisputeAddress:
    """The book's address of `today`; one read too long ago opens a task, and is used meanwhile: deadlines run.

    Raises `NoDisputeAddress` when the book has none; then a task asks for one.
    """
    address_id = BureauAddress.identity(work.caller.tenant_id, bureau)
    try:
        entry = dispute_address(bureau, today)
    except NoDisputeAddress:
        _ask(bureau, "none in force", work)
        raise
    held = work.find(BureauAddress, address_id)
    if needs_verifying(entry, held, today):
        _ask(bureau, str(last_verified(entry, held)), work)
    return entry


def _ask(bureau: Bureau, cause: str, work: Work) -> None:
    task = OpenTask(
        kind=TaskKind.VERIFY_BUREAU_ADDRESS,
        consumer_id=None,
        about_id=BureauAddress.identity(work.caller.tenant_id, bureau),
        cause=cause,
    )
    work.ask(task, f"verify_bureau_address:{bureau.value}:{cause}")
