"""What a provider of reports calls in about: stored first, acted on afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import Field

from application.connections import Provider, account_digest
from application.feed_notes import ReadFeedNotes
from application.feeding import FeedNews, NewsKind
from application.kernel import Answer, Command, Work, handles
from application.ports import NotYet
from domain.connections import Connection, ConnectionStatus, PullCause
from domain.consumers import ConsentKind, Consumer
from domain.permissions import Permission

FeedEventId = Annotated[str, Field(min_length=1, max_length=255)]
_PATIENCE: Final = timedelta(seconds=15)
_PAUSE_S: Final = 1.0
_SOON_S: Final = 2.0
_LATER_S: Final = 60.0
"""A report ordered before the news may be the older one: the news waits until that pull is over."""


class ReceiveFeedWebhook(Command):
    """A verified webhook of a provider of reports lies in the inbox: act on it soon."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE

    provider: Provider
    event_id: FeedEventId


class FollowFeed(Command):
    """Do what a stored webhook calls for."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "webhook_proc"

    provider: Provider
    event_id: FeedEventId


@handles(ReceiveFeedWebhook)
def receive_feed_webhook(command: ReceiveFeedWebhook, work: Work) -> Answer:
    """One job for each event id, however often the provider calls."""
    follow = FollowFeed(provider=command.provider, event_id=command.event_id)
    work.ask(follow, f"feed-webhook:{command.provider}:{command.event_id}")
    return {}


@handles(FollowFeed)
def follow_feed(command: FollowFeed, work: Work) -> Answer:
    """Find the consumer by the provider's name for them. News about nobody here, or of an unknown kind, changes
    nothing: whoever connects has a report fetched at once in any case."""
    tenant_id = work.caller.tenant_id
    news = work.ports.inbox.feed_news(tenant_id, command.provider, command.event_id)
    connection_id = _connection_of(command.provider, news, work) if news is not None else None
    if news is not None and connection_id is not None:
        connection = work.load(Connection, connection_id)
        _act(news, connection, command, work)
        work.save_now(f"follow-{work.ports.new_id()}")  # repeated after a crash it decides nothing new
    work.ports.inbox.finish_feed(tenant_id, command.provider, command.event_id)
    return {"connection_id": connection_id} if connection_id is not None else {}


def _connection_of(provider: str, news: FeedNews, work: Work) -> UUID | None:
    digest = account_digest(provider, news.subject, work)
    if news.kind is NewsKind.OTHER or not digest:
        return None
    found = work.ports.reads.connection_of_account(work.caller.tenant_id, provider, digest)
    if found is None and _is_fresh(work):
        raise NotYet(_PAUSE_S)
    return found


def _is_fresh(work: Work) -> bool:
    """Whether the query tables may not yet show a consumer who has just connected. The webhook is no event, so there
    is no position to wait for."""
    made_at = work.context.job.made_at if work.context.job is not None else None
    return made_at is not None and work.ports.clock.now() - made_at < _PATIENCE


def _act(news: FeedNews, connection: Connection, command: FollowFeed, work: Work) -> None:
    agrees = work.load(Consumer, connection.owner_id).agrees_to(ConsentKind.CREDIT_PULL)
    if not agrees or connection.status is not ConnectionStatus.ACTIVE:
        return
    if news.kind is NewsKind.REPORT_UPDATED:
        if connection.pull is not None and connection.pull.order_id:
            raise NotYet(_SOON_S if connection.pull.attempts == 0 else _LATER_S)
        connection.request_pull(work.ports.new_id(), PullCause.WEBHOOK, work.caller.actor_id, work.now)
    elif news.kind is NewsKind.ALERT_RAISED or _is_about_a_former_link(news, connection):
        notes = ReadFeedNotes(connection_id=connection.id)
        work.ask(notes, f"feed-alert:{command.provider}:{command.event_id}")
    elif news.kind is NewsKind.ACCESS_REVOKED:
        connection.need_reauth("access_revoked", work.now)


def _is_about_a_former_link(news: FeedNews, connection: Connection) -> bool:
    """A withdrawal told late, after the consumer allowed it anew, must not end what works. Whether it works shows when
    the notes are read: by tokens the provider refuses."""
    allowed_at = connection.authorized_at
    late = news.at is not None and allowed_at is not None and news.at < allowed_at
    return news.kind is NewsKind.ACCESS_REVOKED and late
