"""Taking a person on, what they agree to, and forgetting them."""

from __future__ import annotations

import hashlib
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from application.connections import end_connections
from application.consents import text_of
from application.kernel import Answer, Command, Work, handles
from application.ports import snooze_until_reached
from domain.consumers import ConsentKind, Consumer, DocumentKind, ErasureReason, KycStatus, Profile
from domain.kernel import IllegalMove
from domain.mailings import Mailing
from domain.permissions import Permission


class RegisterConsumer(Command):
    """Take a person on."""

    needs: ClassVar[Permission] = Permission.WRITE_CONSUMERS
    profile: Profile


class ChangeProfile(Command):
    """Correct what the consumer told us about themselves."""

    needs: ClassVar[Permission] = Permission.WRITE_CONSUMERS
    target: ClassVar[str | None] = "consumer_id"

    consumer_id: UUID
    profile: Profile


class AddIdentityDocument(Command):
    """Keep a reference to an identity paper whose bytes are stored already."""

    needs: ClassVar[Permission] = Permission.WRITE_CONSUMERS

    consumer_id: UUID
    document_id: UUID
    kind: DocumentKind
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    object_key: Annotated[str, Field(max_length=300)]
    media_type: Annotated[str, Field(max_length=100)]


class GiveConsent(Command):
    """Record the consumer's own agreement to one version of one text."""

    needs: ClassVar[Permission] = Permission.GIVE_CONSENT

    consumer_id: UUID
    kind: ConsentKind
    text_version: Annotated[str, Field(max_length=40)]


class WithdrawConsent(Command):
    """Take an agreement back."""

    needs: ClassVar[Permission] = Permission.GIVE_CONSENT

    consumer_id: UUID
    kind: ConsentKind


class DecideKyc(Command):
    """Record how identity was established, or why it was not."""

    needs: ClassVar[Permission] = Permission.WRITE_CONSUMERS
    target: ClassVar[str | None] = "consumer_id"

    consumer_id: UUID
    status: KycStatus
    basis: Annotated[str, Field(min_length=1, max_length=200)]


class EraseConsumer(Command):
    """Destroy the person's key: what the log and the store hold of them can never be read again."""

    needs: ClassVar[Permission] = Permission.ERASE_CONSUMERS

    consumer_id: UUID
    reason: ErasureReason = ErasureReason.ASKED_BY_CONSUMER


class PurgeConsumer(Command):
    """Finish an erasure: key destroyed, objects, webhooks, tokens gone, sign-in closed. Repeating it does no harm."""

    needs: ClassVar[Permission] = Permission.ERASE_CONSUMERS
    consumer_id: UUID


@handles(RegisterConsumer)
def register_consumer(command: RegisterConsumer, work: Work) -> Answer:
    """Commit the person's key first, then their first event."""
    consumer_id = work.ports.new_id()
    work.ports.keys.create(work.caller.tenant_id, consumer_id)
    work.add(Consumer.register(consumer_id, work.now, command.profile))
    return {"consumer_id": consumer_id, "version": 1}


@handles(ChangeProfile)
def change_profile(command: ChangeProfile, work: Work) -> Answer:
    """Correct what the consumer told us about themselves."""
    consumer = work.load(Consumer, command.consumer_id)
    consumer.change_profile(command.profile, work.now)
    return {"consumer_id": consumer.id, "version": consumer.version}


@handles(AddIdentityDocument)
def add_identity_document(command: AddIdentityDocument, work: Work) -> Answer:
    """Keep a reference to an identity paper whose bytes are stored already."""
    consumer = work.load(Consumer, command.consumer_id)
    consumer.add_document(
        command.document_id,
        command.kind,
        sha256=command.sha256,
        object_key=command.object_key,
        media_type=command.media_type,
        at=work.now,
    )
    return {"consumer_id": consumer.id, "document_id": command.document_id, "version": consumer.version}


@handles(GiveConsent)
def give_consent(command: GiveConsent, work: Work) -> Answer:
    """Record the consumer's own agreement, with the hash of the very text they saw."""
    consumer = work.load(Consumer, command.consumer_id)
    text = text_of(command.kind, command.text_version)
    consumer.give_consent(
        command.kind,
        text_version=command.text_version,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        ip=work.caller.ip,
        at=work.now,
    )
    return {"consumer_id": consumer.id, "version": consumer.version}


@handles(WithdrawConsent)
def withdraw_consent(command: WithdrawConsent, work: Work) -> Answer:
    """Take an agreement back."""
    consumer = work.load(Consumer, command.consumer_id)
    consumer.withdraw_consent(command.kind, work.now)
    return {"consumer_id": consumer.id, "version": consumer.version}


@handles(DecideKyc)
def decide_kyc(command: DecideKyc, work: Work) -> Answer:
    """Record how identity was established, or why it was not."""
    consumer = work.load(Consumer, command.consumer_id)
    consumer.decide_kyc(command.status, command.basis, work.now)
    return {"consumer_id": consumer.id, "version": consumer.version}


@handles(EraseConsumer)
def erase_consumer(command: EraseConsumer, work: Work) -> Answer:
    """Put the erasure on record; its reaction purges objects and key."""
    consumer = work.load(Consumer, command.consumer_id)
    consumer.erase(command.reason, work.now)
    return {"consumer_id": consumer.id, "version": consumer.version}


@handles(PurgeConsumer)
def purge_consumer(command: PurgeConsumer, work: Work) -> Answer:
    """Destroy the key first: nothing can be sealed or read from then on, so what follows leaves nothing behind.

    Only a provider of reports is told before, for its tokens can be read no longer afterwards: once, and whether it
    listens or not. A connection that the query tables do not show yet is ended without that.
    Others may have written about the person since the erasure was put on record; query tables drop that
    when they read that the key is gone.
    """
    tenant_id = work.caller.tenant_id
    consumer = work.load(Consumer, command.consumer_id)
    if not consumer.erased:
        raise IllegalMove("put the erasure on record first; a key is never destroyed without it")
    end_connections(consumer.id, work, tell=True)
    destroyed = work.ports.keys.destroy(tenant_id, consumer.id)
    work.ports.links.forget(tenant_id, consumer.id)
    erased = work.ports.store.erase(tenant_id, consumer.id)
    if work.context.job is not None:
        snooze_until_reached(work.ports.reads, tenant_id, work.context.job.after_position)
    _empty_webhooks(consumer, work)
    for user_id in work.ports.reads.users_of_consumer(tenant_id, consumer.id):
        work.ports.sign_ins.close(tenant_id, user_id)
    end_connections(consumer.id, work, tell=False)
    consumer.note_forgotten(work.now)
    return {"consumer_id": consumer.id, "objects_erased": erased, "key_destroyed": destroyed}


def _empty_webhooks(consumer: Consumer, work: Work) -> None:
    """Webhooks still unread may name their addressee: those about the person go, and those nobody can place.

    The provider is asked about every open piece in any case, so no other person's mail loses its news.
    """
    tenant_id = work.caller.tenant_id
    for event_id, piece in work.ports.inbox.unread(tenant_id).items():
        mailing_id = work.ports.reads.mailing_of_piece(tenant_id, piece) if piece is not None else None
        mailing = work.find(Mailing, mailing_id) if mailing_id is not None else None
        if mailing is None or mailing.owner_id == consumer.id:
            work.ports.inbox.finish(tenant_id, event_id)
