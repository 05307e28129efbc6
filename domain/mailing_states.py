"""Where a piece of mail may stand, what it proves, and how long is waited for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

LOST_AFTER = timedelta(days=21)
"""A piece without a final scan for this long after acceptance counts as lost (domain policy)."""

LOOK_EVERY = timedelta(days=1)
"""How often the provider is asked about a piece on its way: webhooks fall silent without a word."""

LOOK_WHEN_LOST = timedelta(days=7)
"""How often it is asked about a piece that counts as lost."""

SEARCHED_UNTIL = timedelta(days=60)
"""So long after acceptance a lost piece is still asked about."""

RESEND_WALL = timedelta(hours=23)
"""The print provider forgets an idempotency key after 24 hours; past this nothing is sent again unseen."""


class MailingStatus(StrEnum):
    """Where a mailing stands. Between `intended` and an answer the outcome is open, never assumed."""

    REQUESTED = "requested"
    ADDRESS_REFUSED = "address_refused"
    READY = "ready"
    INTENDED = "intended"
    OUTCOME_UNKNOWN = "outcome_unknown"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    MAILED = "mailed"
    IN_TRANSIT = "in_transit"
    IN_LOCAL_AREA = "in_local_area"
    PROCESSED_FOR_DELIVERY = "processed_for_delivery"
    PICKUP_AVAILABLE = "pickup_available"
    DELIVERED = "delivered"
    RETURNED = "returned"
    RE_ROUTED = "re_routed"
    LOST = "lost"
    CANCELLED = "cancelled"


FINAL = (MailingStatus.DELIVERED, MailingStatus.RETURNED, MailingStatus.LOST, MailingStatus.CANCELLED)


class Service(StrEnum):
    """What proof of delivery the piece carries."""

    FIRST_CLASS = "first_class"
    CERTIFIED = "certified"
    CERTIFIED_RETURN_RECEIPT = "certified_return_receipt"


def is_open(status: MailingStatus) -> bool:
    """Whether anything may still happen to a piece that stands so."""
    return status not in (*FINAL, MailingStatus.REJECTED, MailingStatus.ADDRESS_REFUSED)


def next_look(status: MailingStatus, accepted_at: datetime | None, at: datetime) -> datetime | None:
    """When to ask the provider again about a piece it accepted; None when nothing can come of it any more.

    A lost piece is asked about more seldom: it may yet be delivered, and then a clock runs.
    """
    if accepted_at is None:
        return None
    last = accepted_at + SEARCHED_UNTIL
    if status is MailingStatus.LOST:
        return min(at + LOOK_WHEN_LOST, last) if at < last else None
    return at + LOOK_EVERY if is_open(status) else None
