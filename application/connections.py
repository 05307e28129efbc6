"""Letting a provider of credit reports in, and shutting it out again. Only the consumer can do the first."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, PrivateAttr

from application.connection_tasks import settle_delay, settle_reauth
from application.consents import text_of
from application.feeding import (
    Callback,
    CreditFeed,
    FeedAuth,
    FeedBusy,
    FeedParty,
    FeedProblem,
    FeedRefused,
    Link,
    LinkRefused,
)
from application.kernel import Answer, Command, Work, handles
from application.ports import NotYet, snooze_until_reached
from domain.connections import Connection, ConnectionStatus
from domain.consumers import ConsentKind, Consumer
from domain.kernel import DomainError, IllegalMove, Invalid
from domain.permissions import Permission

Provider = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
_SHORTEST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 3600.0
_TOLD_AT_MOST_S = 24 * 3600.0


class UnknownProvider(Invalid):
    """Reports cannot be had from a provider of this name here."""

    code = "unknown_provider"


class ProviderUnavailable(DomainError):
    """The provider cannot be reached now; nothing is lost, repeat the request in a moment."""

    code = "provider_unavailable"
    status = 503


class ConnectAgain(IllegalMove):
    """The consumer came back with something that lets nobody in; `reason` says what, and they may begin again."""

    code = "connect_again"


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came of the one exchange of a code: a link, or the word for why there is none."""

    link: Link | None = None
    refusal: str = ""


class BeginConnection(Command):
    """Agree to one version of the written instructions, and set out for the provider."""

    needs: ClassVar[Permission] = Permission.CONNECT_REPORTS

    consumer_id: UUID
    provider: Provider
    text_version: Annotated[str, Field(max_length=40)]


class CompleteConnection(Command):
    """Come back from the provider. What it sent along is used once and kept nowhere."""

    needs: ClassVar[Permission] = Permission.CONNECT_REPORTS

    connection_id: UUID
    state: Annotated[str, Field(repr=False, min_length=1, max_length=500)]
    code: Annotated[str | None, Field(repr=False, max_length=4000)] = None
    iss: Annotated[str | None, Field(max_length=500)] = None
    error: Annotated[str | None, Field(max_length=100)] = None
    _exchanged: Exchanged | None = PrivateAttr(default=None)


class RevokeConnection(Command):
    """Fetch nothing more from this provider."""

    needs: ClassVar[Permission] = Permission.IMPORT_REPORTS
    target: ClassVar[str | None] = "connection_id"

    connection_id: UUID


class EndLink(Command):
    """See to it that the provider knows of a revocation, and that no token is left here."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "credit_pull"

    connection_id: UUID


class EndConnections(Command):
    """The consumer takes their written instructions back: nothing may be fetched for them any more."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    consumer_id: UUID


@handles(BeginConnection)
def begin_connection(command: BeginConnection, work: Work) -> Answer:
    """Put the consent and the connection on record. Where the consumer goes from here, the caller asks the feed:
    that address holds a secret, and answers are kept."""
    consumer = work.load(Consumer, command.consumer_id)
    try:
        feed = work.ports.feeds(work.caller.tenant_id, command.provider)
    except FeedRefused as refused:
        raise UnknownProvider(f"no reports can be had from this provider: {refused.message}") from None
    text_sha256 = hashlib.sha256(text_of(ConsentKind.CREDIT_PULL, command.text_version).encode()).hexdigest()
    agreed = {"text_version": command.text_version, "text_sha256": text_sha256, "ip": work.caller.ip}
    consumer.give_consent(ConsentKind.CREDIT_PULL, **agreed, at=work.now)  # type: ignore[arg-type]
    connection_id = Connection.identity(consumer.id, command.provider)
    connection = work.find(Connection, connection_id) or work.add(
        Connection.open(work.now, consumer_id=consumer.id, provider=command.provider)
    )
    connection.begin(work.caller.actor_id, **agreed, at=work.now)  # type: ignore[arg-type]
    if feed.capabilities.auth is FeedAuth.MANUAL_UPLOAD:
        connection.authorize((), "", work.now)
    return {"connection_id": connection.id, "version": connection.version}


@handles(CompleteConnection)
def complete_connection(command: CompleteConnection, work: Work) -> Answer:
    """Use the state up, exchange the code, once, and let the provider in, or say why not.

    A state that is not this connection's, or was used, changes nothing: it may be anybody's. When the connection was
    ended during the exchange, the new tokens are ended with it.
    """
    connection = work.load(Connection, command.connection_id)
    work.load(Consumer, connection.owner_id).check_consent(ConsentKind.CREDIT_PULL)
    if command._exchanged is None:
        if connection.status is ConnectionStatus.ACTIVE:
            return {"connection_id": connection.id, "version": connection.version}
        if connection.status is not ConnectionStatus.PENDING:
            raise ConnectAgain("this connection was ended meanwhile; connect again", reason="not_begun")
        command._exchanged = _exchange(command, connection, work)
    exchanged = command._exchanged
    if exchanged.link is None:
        connection.fail_authorization(exchanged.refusal, work.now)
        work.save_now("failed")
        raise ConnectAgain("the provider did not let us in; connect again", reason=exchanged.refusal)
    if connection.status not in (ConnectionStatus.PENDING, ConnectionStatus.ACTIVE):
        work.ask(EndLink(connection_id=connection.id), f"end-link:{connection.id}:{connection.version}")
        work.save_now("ended")
        raise ConnectAgain("this connection was ended meanwhile; connect again", reason="ended_meanwhile")
    digest = account_digest(connection.provider, exchanged.link.subject, work)
    connection.authorize(exchanged.link.scopes, digest, work.now)
    return {"connection_id": connection.id, "version": connection.version}


@handles(RevokeConnection)
def revoke_connection(command: RevokeConnection, work: Work) -> Answer:
    """Revoked here at once; the provider is told by the job that follows."""
    connection = work.load(Connection, command.connection_id)
    _revoke(connection, work)
    return {"connection_id": connection.id, "version": connection.version}


@handles(EndLink)
def end_link(command: EndLink, work: Work) -> Answer:
    """Tell the provider until it hears, ever less often and for a day at most; then the tokens are destroyed untold.

    A link that the consumer has made anew since is left alone: they have agreed again, and its tokens have taken the
    old ones' place. While they are on their way the old tokens wait, for a day at most: they may never come back.
    """
    connection = work.load(Connection, command.connection_id)
    erased = work.load(Consumer, connection.owner_id).forgotten
    if connection.status is not ConnectionStatus.ACTIVE and not erased:
        at_last = _told_s(work) >= _TOLD_AT_MOST_S
        if connection.status is ConnectionStatus.PENDING and not at_last:
            raise NotYet(_pause(work))
        _unlink(connection, work, at_last=at_last)
    return {"connection_id": connection.id, "version": connection.version}


@handles(EndConnections)
def end_connections_of_consumer(command: EndConnections, work: Work) -> Answer:
    """Revoke every connection, unless the consumer has agreed anew since."""
    if not work.load(Consumer, command.consumer_id).agrees_to(ConsentKind.CREDIT_PULL):
        if work.context.job is not None:
            snooze_until_reached(work.ports.reads, work.caller.tenant_id, work.context.job.after_position)
        end_connections(command.consumer_id, work, tell=False)
    return {"consumer_id": command.consumer_id}


def feed_of(connection: Connection, work: Work) -> CreditFeed:
    """The provider of this connection. Raises FeedRefused when it is not to be had here any more."""
    return work.ports.feeds(work.caller.tenant_id, connection.provider)


def party_of(connection: Connection, tenant_id: UUID) -> FeedParty:
    """Whose reports these are, as the feed is told."""
    return FeedParty(
        tenant_id=tenant_id,
        consumer_id=connection.owner_id,
        connection_id=connection.id,
        provider=connection.provider,
    )


def account_digest(provider: str, subject: str, work: Work) -> str:
    """How a provider's own name for the consumer is kept: only to be recognised. Empty when it gave none."""
    if not subject:
        return ""
    return work.ports.keys.digest(work.caller.tenant_id, f"feed-account:{provider}:{subject}").hex()


def _unlink(connection: Connection, work: Work, *, at_last: bool) -> None:
    party = party_of(connection, work.caller.tenant_id)
    try:
        feed = feed_of(connection, work)
    except FeedRefused:
        work.ports.links.destroy(party)  # there is nobody to tell any more
        return
    work.renew_lease()
    try:
        feed.unlink(party, at_last=at_last)
    except FeedBusy as busy:
        if not at_last:
            raise NotYet(max(busy.retry_after_seconds, _pause(work))) from None
    except (LinkRefused, FeedRefused):
        pass  # the provider knows of no such link any more, or never will listen


def _revoke(connection: Connection, work: Work) -> None:
    settle_delay(connection, "the connection was revoked", work)
    settle_reauth(connection, connection.version + 1, "the connection was revoked", work)
    connection.revoke(work.caller.actor_id, work.now)


def _exchange(command: CompleteConnection, connection: Connection, work: Work) -> Exchanged:
    """The one exchange. The command remembers it, so that a conflict in the log does not lead to a second."""
    tenant_id, now = work.caller.tenant_id, work.ports.clock.now()
    try:
        party = work.ports.links.claim(tenant_id, work.caller.actor_id, command.state, now)
    except LinkRefused as refused:
        raise ConnectAgain("this answer of the provider cannot be used; connect again", reason=refused.code) from None
    if party != party_of(connection, tenant_id):
        raise ConnectAgain("this answer of the provider cannot be used; connect again", reason="unknown_state")
    answer = Callback(state=command.state, code=command.code, iss=command.iss, error=command.error)
    try:
        return Exchanged(link=feed_of(connection, work).complete_link(party, answer, now))
    except (LinkRefused, FeedRefused) as refused:
        return Exchanged(refusal=refused.code)
    except FeedBusy as busy:
        return Exchanged(refusal=busy.reason)


def _pause(work: Work) -> float:
    """Seconds until the provider is told again: as long as it has been told in vain so far, within bounds."""
    return min(max(_told_s(work), _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)


def _told_s(work: Work) -> float:
    """Seconds since the provider was to be told."""
    made_at = work.context.job.made_at if work.context.job else None
    return (work.ports.clock.now() - made_at).total_seconds() if made_at else 0.0


def end_connections(consumer_id: UUID, work: Work, *, tell: bool) -> None:
    """Revoke what the query tables show of the consumer's connections. `tell`: each provider hears it first, if it
    listens; one that does not keeps nobody waiting."""
    tenant_id = work.caller.tenant_id
    for connection_id in work.ports.reads.connections_of_consumer(tenant_id, consumer_id):
        connection = work.load(Connection, connection_id)
        if connection.status is ConnectionStatus.REVOKED:
            continue
        if tell:
            work.renew_lease()
            with suppress(FeedProblem):  # the token dies here with the person's key
                feed_of(connection, work).unlink(party_of(connection, tenant_id))
        _revoke(connection, work)
        work.save_now(f"revoke-{connection.id}-{connection.version}")
