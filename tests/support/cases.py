"""An invented person with a small three-bureau report, taken as far along the walk as a test needs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from application.consumers import GiveConsent, RegisterConsumer
from application.disputes import OpenDisputes, RecordReceipt, Selection
from application.kernel import canonical
from application.letters import ApproveLetterAsConsumer, ApproveLetterAsOperator, SignLetter
from application.reports import ImportReport
from application.tenants import RegisterTenant
from domain.addresses import PostalAddress
from domain.bureaus import Bureau
from domain.consumers import ConsentKind, Profile
from domain.credit_reports import (
    AccountType,
    BureauTradeline,
    CanonicalReport,
    Condition,
    OpenClosed,
    PaymentLevel,
    ReportFormat,
    SectionSummary,
    Tradeline,
)
from domain.deadlines import ReceiptBasis
from domain.disputes import Dispute
from domain.kernel import Role
from domain.letters import Letter
from domain.partial_dates import PartialDate
from domain.reports import Report
from domain.tenants import Approvals, Policies, TenantKind, TenantMode
from domain.tracking import ScanKind, TrackingScan
from tests.support.world import START, World

PROFILE = Profile(
    given_name="Mara",
    family_name="Quillfeather",
    email="mara@example.com",
    birth_date=date(1984, 3, 9),
    ssn="900127788",
    address=PostalAddress(line1="12 Alder Court", city="Boise", state="ID", zip_code="83702"),
)


def row(bureau: Bureau, group: str, **facts: object) -> BureauTradeline:
    """One healthy open revolving account, changed as told."""
    fields: dict[str, object] = {
        "ref": f"{bureau.value}-{group}",
        "group": group,
        "bureau": bureau,
        "creditor_name": f"FIRST BANK {group}",
        "account_number": f"44440000{group}11",
        "account_masked": f"****{group}11",
        "account_type": AccountType.REVOLVING,
        "opened": PartialDate(year=2019, month=4, day=2),
        "reported": PartialDate(year=2026, month=1, day=1),
        "balance": 120_000,
        "high_balance": 300_000,
        "credit_limit": 400_000,
        "past_due": 0,
        "monthly_payment": 5_000,
        "condition": Condition.OPEN,
        "open_closed": OpenClosed.OPEN,
        "pay_status": PaymentLevel.CURRENT,
    }
    return BureauTradeline.model_validate(fields | facts)


def report(
    pulled_on: date, *tradelines: tuple[BureauTradeline, ...], bureaus: tuple[Bureau, ...] = tuple(Bureau)
) -> CanonicalReport:
    """A pull in which every named bureau answered in full."""
    sections = tuple(
        SectionSummary(
            bureau=bureau,
            present=bureau in bureaus,
            borrower_present=bureau in bureaus,
            score=640 if bureau in bureaus else None,
            tradeline_count=sum(r.bureau is bureau for rows in tradelines for r in rows),
        )
        for bureau in Bureau
    )
    return CanonicalReport(
        source="test",
        source_format=ReportFormat.TRUELINK_SMARTCREDIT,
        parser_version=1,
        pulled_on=pulled_on,
        sections=sections,
        tradelines=tuple(Tradeline(group=rows[0].group, bureau_tradelines=rows) for rows in tradelines),
    )


def everywhere(group: str, **facts: object) -> tuple[BureauTradeline, ...]:
    """The same account at all three bureaus."""
    return tuple(row(bureau, group, **facts) for bureau in Bureau)


FIRST_PULL = report(
    date(2026, 1, 5),
    everywhere("21"),
    everywhere("22", past_due=8_000),
    everywhere("23", past_due=150_000),
    everywhere("24"),
)


class Case:
    """One consumer of one tenant, moved along step by step."""

    def __init__(
        self,
        world: World,
        approvals: Approvals = Approvals.CONSUMER_AND_OPERATOR,
        kind: TenantKind = TenantKind.CONSUMER_DIRECT,
    ) -> None:
        self.world = world
        world.when(
            RegisterTenant(
                tenant_id=world.tenant_id,
                slug=f"t-{world.tenant_id.hex[:8]}",
                name="Test",
                kind=kind,
                mode=TenantMode.TEST,
                policies=Policies(approvals=approvals),
                clock_starts_at=START,
            )
        )
        registered = world.when(RegisterConsumer(profile=PROFILE), Role.OPERATOR)
        self.consumer_id: UUID = registered.answer["consumer_id"]
        for consent in ConsentKind:
            self.as_consumer(GiveConsent(consumer_id=self.consumer_id, kind=consent, text_version="2026-11"))

    def as_consumer(self, command: object) -> dict[str, object]:
        """The consumer's own act."""
        return self.world.when(command, Role.CONSUMER, self.consumer_id).answer  # type: ignore[arg-type]

    def import_report(self, pull: CanonicalReport, *, free_annual: bool = False) -> Report:
        """Bring a pull in, on its own day at the earliest; every call has bytes of its own."""
        self._wait_for(pull)
        raw = canonical({"pull": str(uuid4())})
        self.world.reader.reports[raw] = pull
        answer = self.as_consumer(ImportReport(consumer_id=self.consumer_id, content=raw, free_annual=free_annual))
        return self.world.get(Report, answer["report_id"])  # type: ignore[arg-type]

    def _wait_for(self, pull: CanonicalReport) -> None:
        days = [pull.pulled_on, *(section.pulled_on for section in pull.sections if section.pulled_on)]
        day = datetime.combine(max(days), START.timetz())
        if day > self.world.clock.tenant_now(self.world.tenant_id):
            self.world.clock.advance(self.world.tenant_id, day)

    def open(self, pulled: Report, *groups: str) -> list[Dispute]:
        """Dispute every finding of these accounts, and let letters be drafted."""
        chosen = [f for f in pulled.findings if f.group in groups and f.reason is not None]
        self.as_consumer(
            OpenDisputes(
                consumer_id=self.consumer_id,
                report_id=pulled.id,
                selections=tuple(Selection(finding_key=f.finding_key) for f in chosen),
            )
        )
        self.world.settle()
        return self.world.all(Dispute)

    def sign_all(self) -> list[Letter]:
        """Sign and print every letter."""
        for letter in self.world.all(Letter):
            self.as_consumer(
                SignLetter(letter_id=letter.id, signature_name="Mara Quillfeather", attestation_version="truth-2026-11")
            )
        self.world.settle()
        return self.world.all(Letter)

    def approve_all(self) -> None:
        """Consumer and operator release every letter; it is posted."""
        for letter in self.world.all(Letter):
            assert letter.pdf is not None
            self.as_consumer(
                ApproveLetterAsConsumer(
                    letter_id=letter.id, pdf_sha256=letter.pdf.sha256, attestation_version="truth-2026-11"
                )
            )
            self.world.when(ApproveLetterAsOperator(letter_id=letter.id, pdf_sha256=letter.pdf.sha256), Role.OPERATOR)
        self.world.settle()

    def receive(self, on: date = date(2026, 1, 9), time_zone: str = "America/Chicago") -> None:
        """The bureaus have every letter, and the carrier says so."""
        for dispute in self.world.all(Dispute):
            self.world.when(
                RecordReceipt(
                    dispute_id=dispute.id, received_on=on, basis=ReceiptBasis.PROVEN, time_zone=time_zone,
                    mailing_id=dispute.mailing_id,
                )
            )  # fmt: skip

    def to_posted(self, *groups: str) -> list[Dispute]:
        """Everything up to the hand-over."""
        self.open(self.import_report(FIRST_PULL), *groups)
        self.sign_all()
        self.approve_all()
        return self.world.all(Dispute)


def delivered(at: datetime = datetime(2026, 1, 9, 19, tzinfo=UTC), number: int = 1) -> TrackingScan:
    """The carrier's delivery scan."""
    return TrackingScan(id=f"evnt_{number}", kind=ScanKind.DELIVERED, occurred_at=at, provider_event="Delivered")
