"""A desk from which one letter is handed to the post, step by step."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from application.letters import ApproveLetterAsConsumer, ApproveLetterAsOperator, VoidLetter
from domain.disputes import Dispute, DisputeStatus
from domain.kernel import Role
from domain.letters import Letter
from domain.mailings import Mailing
from domain.tenants import TenantKind
from tests.support.cases import FIRST_PULL, Case
from tests.support.floor import Fate, Floor
from tests.support.scenarios import when
from tests.support.world import World


class Desk:
    """A case with one approved letter and its mailing, jobs taken by hand."""

    def __init__(self, kind: TenantKind = TenantKind.CONSUMER_DIRECT) -> None:
        self.world = World()
        self.case = Case(self.world, kind=kind)
        self.floor = Floor(self.world)
        pulled = self.case.import_report(FIRST_PULL)
        self.case.open(pulled, "22")
        self.case.sign_all()
        for letter in self.world.all(Letter)[1:]:
            when(self.world, VoidLetter(letter_id=letter.id, reason="one is enough"), Role.OPERATOR)
        self.letter_id = self.world.all(Letter)[0].id
        self.floor.done |= set(self.world.log.jobs)

    def approve(self) -> None:
        """Release the one letter without carrying out what follows."""
        assert self.letter.pdf is not None
        sha256 = self.letter.pdf.sha256
        self.case.as_consumer(
            ApproveLetterAsConsumer(letter_id=self.letter_id, pdf_sha256=sha256, attestation_version="truth-2026-11")
        )
        when(self.world, ApproveLetterAsOperator(letter_id=self.letter_id, pdf_sha256=sha256), Role.OPERATOR)

    def ready(self) -> Desk:
        """Everything up to the hand-over itself."""
        self.approve()
        for name in ("request_mailing", "verify_addresses"):
            assert self.floor.carry_out(self.job(name)) is Fate.DONE
        return self

    def job(self, part: str) -> tuple[UUID, str]:
        """The newest due job of a reaction."""
        return next(key for key in reversed(self.floor.due()) if part in key[1])

    def submit(self) -> Fate:
        """One attempt at the newest hand-over."""
        return self.floor.carry_out(self.job("submit_mailing"))

    @property
    def letter(self) -> Letter:
        return self.world.get(Letter, self.letter_id)

    @property
    def mailing(self) -> Mailing:
        return self.world.get(Mailing, Mailing.identity(self.letter_id, 1))

    @property
    def disputes(self) -> list[Dispute]:
        return [self.world.get(Dispute, dispute_id) for dispute_id in self.letter.dispute_ids]

    @property
    def statuses(self) -> set[DisputeStatus]:
        return {dispute.status for dispute in self.disputes}

    def pass_time(self, by: timedelta) -> None:
        self.world.clock.advance(self.world.tenant_id, self.world.clock.tenant_now(self.world.tenant_id) + by)
