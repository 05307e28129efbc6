"""What a three-bureau credit report says, in one shape whatever format it came in.

These are values, not aggregates: a report's own aggregate seals and stores them. Money is integer
cents, dates carry the precision they were printed with, and a field the source left out is None.
SSN, birth dates, names and street addresses occur only in `CanonicalReport.personal`; full account
numbers only in `BureauTradeline.account_number`, beside a masked form that may be shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Final

from pydantic import Field

from domain.bureaus import Bureau
from domain.kernel import Value
from domain.partial_dates import PartialDate


class ReportFormat(StrEnum):
    """The encodings a report can arrive in."""

    TRUELINK_IDENTITYIQ = "truelink_identityiq"
    TRUELINK_SMARTCREDIT = "truelink_smartcredit"
    TRUELINK_CAMEL = "truelink_camel"
    TRUELINK_SINGLE_BUREAU = "truelink_single_bureau"
    MISMO_XML = "mismo_xml"
    MISMO_JSON = "mismo_json"
    EQUIFAX_JSON = "equifax_json"
    TRANSUNION_XML = "transunion_xml"
    EXPERIAN_JSON = "experian_json"

    @property
    def family(self) -> str:
        """The source whose format it is: only within one do the fields have the same names and the same precision."""
        return self.value.partition("_")[0]


class PaymentLevel(StrEnum):
    """How one month of an account was rated."""

    CURRENT = "current"
    LATE_30 = "late_30"
    LATE_60 = "late_60"
    LATE_90 = "late_90"
    LATE_120 = "late_120"
    LATE_150 = "late_150"
    LATE_180 = "late_180"
    DEROGATORY = "derogatory"
    CHARGE_OFF = "charge_off"
    NOT_REPORTED = "not_reported"

    @property
    def severity(self) -> int | None:
        """0 current, 1 to 6 for 30 to 180 days, 7 derogatory, 8 collection or charge-off; None without data."""
        return _SEVERITY[self]

    @property
    def is_late(self) -> bool:
        """Whether the month is anything worse than current."""
        return bool(_SEVERITY[self])

    @property
    def words(self) -> str:
        """The level as a letter may say it."""
        return _LEVEL_WORDS[self]


_SEVERITY: Final[dict[PaymentLevel, int | None]] = {
    **{level: rank for rank, level in enumerate(list(PaymentLevel)[:9])},
    PaymentLevel.NOT_REPORTED: None,
}
_LEVEL_WORDS: Final = {
    PaymentLevel.CURRENT: "current",
    **{PaymentLevel(f"late_{days}"): f"{days} days late" for days in (30, 60, 90, 120, 150, 180)},
    PaymentLevel.DEROGATORY: "derogatory",
    PaymentLevel.CHARGE_OFF: "collection or charge-off",
    PaymentLevel.NOT_REPORTED: "not reported",
}


class Condition(StrEnum):
    """The account condition a report shows."""

    OPEN = "open"
    CLOSED = "closed"
    PAID = "paid"
    DEROGATORY = "derogatory"
    REFINANCED = "refinanced"
    TRANSFERRED = "transferred"
    OTHER = "other"


class OpenClosed(StrEnum):
    """Whether an account is shown as open or as closed."""

    OPEN = "open"
    CLOSED = "closed"


class Designator(StrEnum):
    """Who is responsible for an account (the ECOA designation)."""

    INDIVIDUAL = "individual"
    JOINT = "joint"
    AUTHORIZED_USER = "authorized_user"
    TERMINATED = "terminated"
    CO_MAKER = "co_maker"
    MAKER = "maker"
    DECEASED = "deceased"
    OTHER = "other"


class AccountType(StrEnum):
    """What kind of debt an account is."""

    REVOLVING = "revolving"
    INSTALLMENT = "installment"
    MORTGAGE = "mortgage"
    COLLECTION = "collection"
    OPEN = "open"
    OTHER = "other"


class PaymentMonth(Value):
    """One cell of the payment grid; `month` is `YYYY-MM`."""

    month: str
    level: PaymentLevel


class BureauTradeline(Value):
    """One account as one bureau reports it.

    `ref` names this row within its report and `group` the account it belongs to; `handle` is the
    vendor's own id and only evidence of identity. `first_delinquency` is the date the seven years of
    15 U.S.C. 1681c(c) are counted from; only some sources print it. `medical` says whether the source calls it
    a medical debt. `printed` keeps what the source showed for each field, so that a letter can quote it; it
    never holds an account number.
    """

    ref: str
    group: str
    bureau: Bureau
    creditor_name: str | None = None
    account_number: str | None = None
    account_masked: str | None = None
    subscriber_code: str | None = None
    handle: str | None = None
    account_type: AccountType = AccountType.OTHER
    type_detail: str | None = None
    designator: Designator | None = None
    opened: PartialDate | None = None
    closed: PartialDate | None = None
    reported: PartialDate | None = None
    verified: PartialDate | None = None
    status_date: PartialDate | None = None
    last_payment: PartialDate | None = None
    past_due_since: PartialDate | None = None
    first_delinquency: PartialDate | None = None
    charged_off_on: PartialDate | None = None
    balance: int | None = None
    high_balance: int | None = None
    credit_limit: int | None = None
    past_due: int | None = None
    monthly_payment: int | None = None
    charge_off_amount: int | None = None
    term_months: int | None = None
    months_reviewed: int | None = None
    condition: Condition | None = None
    open_closed: OpenClosed | None = None
    pay_status: PaymentLevel | None = None
    worst_pay_status: PaymentLevel | None = None
    late_30: int | None = None
    late_60: int | None = None
    late_90: int | None = None
    remarks: tuple[str, ...] = ()
    dispute_flag: bool | None = None
    original_creditor: str | None = None
    medical: bool | None = None
    history: tuple[PaymentMonth, ...] = ()
    printed: dict[str, str] = Field(default_factory=dict)

    @property
    def is_ghost(self) -> bool:
        """An empty column: the source drew a cell for a bureau that does not report the account."""
        facts = (self.opened, self.reported, self.balance, self.pay_status, self.condition, self.open_closed)
        return all(fact is None for fact in facts)

    @property
    def is_collection(self) -> bool:
        """Whether a collector reports it."""
        return self.account_type is AccountType.COLLECTION

    @property
    def is_charged_off(self) -> bool:
        """Whether it is shown as a charge-off or a collection."""
        return self.is_collection or self.pay_status is PaymentLevel.CHARGE_OFF


class Tradeline(Value):
    """One account as the source groups it across bureaus; grouping is never guessed by us."""

    group: str
    bureau_tradelines: tuple[BureauTradeline, ...]

    @cached_property
    def reporting(self) -> tuple[BureauTradeline, ...]:
        """The bureaus that report the account, without empty columns."""
        return tuple(row for row in self.bureau_tradelines if not row.is_ghost)


class SectionSummary(Value):
    """Whether one bureau answered, and with how much.

    `deceased`: whether it says that the person has died; `listed`: how many accounts the report's own summary says
    that the bureau lists, where it has one.
    """

    bureau: Bureau
    present: bool
    borrower_present: bool
    score: int | None
    tradeline_count: int
    pulled_on: date | None = None
    deceased: bool | None = None
    listed: int | None = None


class Inquiry(Value):
    """Somebody looked at the file. `hard`: whether the look was for an application of the consumer's."""

    bureau: Bureau
    subscriber_name: str | None
    subscriber_code: str | None = None
    inquired_on: PartialDate | None
    kind: str | None = None
    industry: str | None = None
    hard: bool | None = None


class PublicRecord(Value):
    """A court record on the file; amounts in cents."""

    bureau: Bureau
    classification: str | None
    kind: str | None
    status: str | None
    filed: PartialDate | None
    resolved: PartialDate | None = None
    reference_number: str | None = None
    court_name: str | None = None
    asset_amount: int | None = None
    liability_amount: int | None = None


class PersonName(Value):
    """A name as printed; `kind` tells a primary name from an also-known-as."""

    first: str | None = None
    middle: str | None = None
    last: str | None = None
    suffix: str | None = None
    kind: str | None = None


class ReportedAddress(Value):
    """A street address as printed."""

    street: str | None = None
    unit: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    reported: PartialDate | None = None
    current: bool = False


class Employer(Value):
    """An employer as printed."""

    name: str
    reported: PartialDate | None = None


class PersonalSection(Value):
    """What one bureau says about the person. All of it is sensitive."""

    bureau: Bureau
    names: tuple[PersonName, ...] = ()
    birth_dates: tuple[PartialDate, ...] = ()
    ssns: tuple[str, ...] = ()
    addresses: tuple[ReportedAddress, ...] = ()
    employers: tuple[Employer, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the bureau said nothing about the person."""
        return not (self.names or self.birth_dates or self.ssns or self.addresses or self.employers)


class Subscriber(Value):
    """A company named on the report, with the address it can be written to."""

    bureau: Bureau | None
    name: str | None
    code: str | None = None
    telephone: str | None = None
    address: ReportedAddress | None = None


class FieldCounts(Value):
    """How much of the source was understood: fields read into this model, and fields left in the archive only."""

    read: int
    ignored: int


class CanonicalReport(Value):
    """One pull of a person's credit files.

    `refused` counts rows that named no bureau, by kind of row: they belong to nobody and are not used.
    `deceased` is True when the report as a whole says that the person has died and names no bureau that says so.
    """

    source: str
    source_format: ReportFormat
    parser_version: int
    pulled_on: date
    sections: tuple[SectionSummary, ...]
    tradelines: tuple[Tradeline, ...]
    inquiries: tuple[Inquiry, ...] = ()
    public_records: tuple[PublicRecord, ...] = ()
    personal: tuple[PersonalSection, ...] = ()
    subscribers: tuple[Subscriber, ...] = ()
    unknown: FieldCounts = FieldCounts(read=0, ignored=0)
    refused: dict[str, int] = Field(default_factory=dict)
    deceased: bool | None = None

    def section(self, bureau: Bureau) -> SectionSummary:
        """What `bureau` answered; an absent section is a section that says so."""
        for section in self.sections:
            if section.bureau is bureau:
                return section
        return SectionSummary(bureau=bureau, present=False, borrower_present=False, score=None, tradeline_count=0)

    def rows(self, bureau: Bureau | None = None) -> Iterator[BureauTradeline]:
        """Every account row that is really reported, of one bureau or of all, in the source's order."""
        for tradeline in self.tradelines:
            for row in tradeline.reporting:
                if bureau is None or row.bureau is bureau:
                    yield row
