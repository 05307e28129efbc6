"""Where a piece of mail may stand, what it proves, and how long is waited for it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

LOST_AFTER = timedelta(days=21)
"""A piece without a final scan for this long after acceptance counts as lost (domain policy)."""

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
