"""A long log of disputes, each opened, mailed, answered and closed, many going on at the same time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from uuid import NAMESPACE_OID, UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent

from domain.bureaus import Bureau
from domain.comparisons import Comparison
from domain.deadlines import ReceiptBasis
from domain.disputes import Challenge, Dispute, DisputeStatus
from domain.letter_facts import DisputedItemFacts, RequestKind
from domain.reconciliation import FieldChange, Outcome
from infrastructure.event_store.mapper import PydanticMapper
from infrastructure.event_store.tenancy import as_tenant
from tests.support.histories import report

TENANT = uuid5(NAMESPACE_OID, "tenant of many disputes")
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
AT_ONCE = 2_500
"""Disputes that take each step together, so that no batch holds much of one dispute."""

_SHA = "ab" * 32


class HeldKeys:
    """A sealer whose keys are all in memory, as the keyring's are between two looks at the database."""

    def seal(self, tenant_id: UUID, subject_id: UUID, plaintext: bytes, aad: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + _cipher(tenant_id, subject_id).encrypt(nonce, plaintext, aad)

    def open(self, tenant_id: UUID, subject_id: UUID, box: bytes, aad: bytes) -> bytes | None:
        return _cipher(tenant_id, subject_id).decrypt(box[:12], box[12:], aad)


@lru_cache(maxsize=100_000)
def _cipher(tenant_id: UUID, subject_id: UUID) -> AESGCM:
    return AESGCM(sha256(tenant_id.bytes + subject_id.bytes).digest())


MAPPER = PydanticMapper(HeldKeys())


def dispute_events(count: int, seed: int = 0) -> Iterator[list[StoredEvent]]:
    """At least `count` events in appends of up to 500, each in the order the log asks for. Every seed has its own."""
    made, first = 0, 0
    with as_tenant(TENANT):
        while made < count:
            lives = [_life(n, seed) for n in range(first, first + min(AT_ONCE, (count - made) // 8 + 1))]
            for step in zip(*lives, strict=True):
                ordered = sorted(step, key=lambda event: event.originator_id.bytes)
                for start in range(0, len(ordered), 500):
                    yield ordered[start : start + 500]
            made, first = made + 8 * len(lives), first + len(lives)


def report_events(reports: int, seed: int = 0) -> Iterator[list[StoredEvent]]:
    """As many credit reports, read and searched, an append for each: some of their events hold whole reports."""
    events = report().collect_events()
    with as_tenant(TENANT):
        for n in range(reports):
            stream = uuid5(TENANT, f"large report {n} {seed}")
            yield [MAPPER.to_stored_event(event.model_copy(update={"originator_id": stream})) for event in events]


def _life(n: int, seed: int) -> list[StoredEvent]:
    def one(what: str) -> UUID:
        return uuid5(TENANT, f"{what} {n} {seed}")

    item = DisputedItemFacts(
        number=1,
        furnisher=f"First Bank of Example {n % 97}",
        account_masked=f"****{n % 10_000:04d}",
        reason="balance_wrong",
        basis="The report shows a balance that was paid in full before the date it was reported. " * 2,
        request=RequestKind.DELETE,
    )
    dispute = Dispute.open(
        one("dispute"), AT, consumer_id=uuid5(TENANT, f"consumer {n // 10}"), tradeline_id=one("tradeline"),
        bureau=Bureau.EQUIFAX, round_=1, report_id=one("report"), letter_type="bureau_dispute_611",
        selection_id=one("selection"), drafted_with=(one("dispute"),),
        challenge=Challenge(finding_keys=("balance_wrong",), reason="balance_wrong", item=item),
    )  # fmt: skip
    dispute.note_letter(one("letter"), AT)
    dispute.await_approval(one("letter"), DisputeStatus.AWAITING_CONSUMER_APPROVAL, _SHA, AT)
    dispute.approve(one("letter"), _SHA, AT)
    dispute.post(one("mailing"), AT)
    dispute.record_receipt(date(2026, 3, 6), ReceiptBasis.PROVEN, "America/Chicago", one("mailing"), AT)
    changes = (FieldChange(field="balance_cents", before="125000", after=None),)
    shown = Comparison(
        report_id=one("next report"), compared_with_report_id=one("report"), rule="C04", outcome=Outcome.DELETED,
        shown=False, changes=changes,
    )  # fmt: skip
    dispute.evaluate(shown, AT)
    dispute.confirm(one("operator"), AT)
    return [MAPPER.to_stored_event(event) for event in dispute.collect_events()]
