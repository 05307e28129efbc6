"""What the outside world calls in about: stored first, acted on afterwards."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from application.kernel import Answer, Command, Work, handles
from application.mailings import follow
from application.ports import NotYet
from application.posting import PieceStatus, PostBusy
from domain.mailings import Mailing
from domain.permissions import Permission

EventId = Annotated[str, Field(min_length=1, max_length=200)]


class PieceUnknown(Exception):
    """The piece is not known here yet; the job is tried again, and buried if it never is."""


class ReceivePostWebhook(Command):
    """A verified webhook of the print provider lies in the inbox: act on it soon."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    event_id: EventId


class FollowMailing(Command):
    """Take over what a stored webhook says about a piece."""

    needs: ClassVar[Permission] = Permission.RUN_ENGINE
    queue: ClassVar[str] = "webhook_proc"
    event_id: EventId


@handles(ReceivePostWebhook)
def receive_post_webhook(command: ReceivePostWebhook, work: Work) -> Answer:
    """One job for each event id, however often the provider calls."""
    work.ask(FollowMailing(event_id=command.event_id), f"post-webhook:{command.event_id}")
    return {}


@handles(FollowMailing)
def follow_mailing(command: FollowMailing, work: Work) -> Answer:
    """Find the piece by the provider's id (webhook bodies carry nothing of ours) and take the news over."""
    tenant_id = work.caller.tenant_id
    news = work.ports.inbox.post_news(tenant_id, command.event_id)
    if news is None or not (news.scans or news.incomplete):
        work.ports.inbox.finish(tenant_id, command.event_id)
        return {}
    mailing_id = work.ports.reads.mailing_of_piece(tenant_id, news.provider_id)
    if mailing_id is None:
        raise PieceUnknown
    mailing = work.load(Mailing, mailing_id)
    piece = PieceStatus(provider_id=news.provider_id, scans=news.scans)
    if news.incomplete:
        work.renew_lease()
        try:
            now = work.ports.post(tenant_id).get(news.provider_id)
        except PostBusy as busy:
            raise NotYet(busy.retry_after_seconds) from None
        piece = now.model_copy(update={"scans": (*news.scans, *now.scans)})
    follow(mailing, piece, work)
    work.save_now(f"follow-{mailing.version}")
    work.ports.inbox.finish(tenant_id, command.event_id)
    return {"mailing_id": mailing.id, "version": mailing.version, "status": mailing.status.value}
