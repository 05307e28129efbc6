"""Where a dispute may stand, and what it says: the parts that others need to know of it."""

from __future__ import annotations

from enum import StrEnum

from domain.kernel import IllegalMove, Value
from domain.letter_facts import DisputedItemFacts
from domain.reconciliation import AskedField


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    SELECTED = "selected"
    DRAFTED = "drafted"
    AWAITING_CONSUMER_APPROVAL = "awaiting_consumer_approval"
    AWAITING_OPERATOR_APPROVAL = "awaiting_operator_approval"
    APPROVED = "approved"
    SENT = "sent"
    RECEIVED = "received"
    OVERDUE = "overdue"
    EVALUATED = "evaluated"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    RETURNED_UNDELIVERED = "returned_undelivered"
    FRIVOLOUS_NOTICED = "frivolous_noticed"


BEFORE_POSTING = (
    DisputeStatus.SELECTED,
    DisputeStatus.DRAFTED,
    DisputeStatus.AWAITING_CONSUMER_APPROVAL,
    DisputeStatus.AWAITING_OPERATOR_APPROVAL,
    DisputeStatus.APPROVED,
)
"""No paper has left: a withdrawal now still stops the letter."""

WAITING = (DisputeStatus.RECEIVED, DisputeStatus.OVERDUE)
"""The bureau has the letter and owes an answer."""

UNDECIDED = (*BEFORE_POSTING, DisputeStatus.SENT, *WAITING, DisputeStatus.EVALUATED)
"""No outcome is final: a later report may show one, or that there is nothing left to write about."""


ENDED = (
    DisputeStatus.CLOSED,
    DisputeStatus.WITHDRAWN,
    DisputeStatus.RETURNED_UNDELIVERED,
    DisputeStatus.FRIVOLOUS_NOTICED,
)
"""Nothing more comes of it: the tradeline may be challenged in another round."""


class AlreadyClosed(IllegalMove):
    """A closed dispute stays closed; a new round is a new dispute."""

    code = "already_closed"


class Challenge(Value):
    """What is said to be wrong with the tradeline, and why.

    `item` is what the letter will say of it; `asked` is what a later report must show for the bureau to have
    done as asked (no asked fields: the item was to be deleted).
    """

    finding_keys: tuple[str, ...]
    reason: str
    item: DisputedItemFacts
    asked: tuple[AskedField, ...] = ()
