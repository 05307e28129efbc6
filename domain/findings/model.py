"""What a detector says: a finding, the reason it gives a dispute, and the letter that reason leads to."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pydantic import Field

from domain.bureaus import Bureau
from domain.consumers import Profile
from domain.credit_reports import PersonName, ReportedAddress
from domain.kernel import Value
from domain.partial_dates import PartialDate
from domain.reconciliation import AskedField


class DisputeReason(StrEnum):
    """Why an item is disputed. Our own categories: bureaus' numeric codes are never relied on."""

    NOT_MINE = "not_mine"
    MIXED_FILE = "mixed_file"
    IDENTITY_THEFT = "identity_theft"
    NOT_LIABLE = "not_liable"
    AUTHORIZED_USER_ONLY = "authorized_user_only"
    BALANCE = "balance"
    PAST_DUE = "past_due"
    CREDIT_LIMIT = "credit_limit"
    HIGH_BALANCE = "high_balance"
    PAYMENT_AMOUNT = "payment_amount"
    PAYMENT_HISTORY = "payment_history"
    ACCOUNT_STATUS = "account_status"
    PAYMENT_RATING = "payment_rating"
    DATES_OPENED = "dates_opened"
    DATES_CLOSED = "dates_closed"
    DOFD_REAGED = "dofd_reaged"
    OBSOLETE = "obsolete"
    DUPLICATE = "duplicate"
    PAID_OR_SETTLED = "paid_or_settled"
    SOLD_OR_TRANSFERRED = "sold_or_transferred"
    BANKRUPTCY = "bankruptcy"
    MEDICAL_POLICY = "medical_policy"
    REMARK_OR_DISPUTE_FLAG = "remark_or_dispute_flag"
    ACCOUNT_TYPE_TERMS = "account_type_terms"
    RESPONSIBILITY_CODE = "responsibility_code"
    DECEASED = "deceased"
    MILITARY_OR_DISASTER = "military_or_disaster"
    INQUIRY_NO_PURPOSE = "inquiry_no_purpose"
    PERSONAL_INFO = "personal_info"
    PUBLIC_RECORD = "public_record"
    UNVERIFIABLE_AFTER_MOV = "unverifiable_after_mov"
    REINSERTED = "reinserted"


class LetterType(StrEnum):
    """The letter to a bureau that a finding leads to."""

    BUREAU_DISPUTE_611 = "bureau_dispute_611"
    OBSOLETE_ITEM = "obsolete_item"
    MIXED_FILE = "mixed_file"
    PERSONAL_INFO_CORRECTION = "personal_info_correction"
    DUPLICATE_ACCOUNT = "duplicate_account"
    STATUS_BALANCE_CORRECTION = "status_balance_correction"
    LATE_PAYMENT_CORRECTION = "late_payment_correction"
    BANKRUPTCY_STATUS = "bankruptcy_status"
    MEDICAL_COLLECTION = "medical_collection"
    INQUIRY_DISPUTE = "inquiry_dispute"
    REINSERTION_DISPUTE = "reinsertion_dispute"


class FieldValue(Value):
    """One field as one bureau prints it; `row` is the tradeline row it stands on, None for personal data and for
    what an earlier report printed."""

    bureau: Bureau
    field: str
    label: str
    printed: str
    row: str | None = None


class ConsumerProfile(Value):
    """What the consumer has told us about themselves, as far as detectors compare it with a report.

    An empty tuple means that nothing was told, so nothing can differ from it. `ssn` holds nine digits,
    or the last four.
    """

    names: tuple[PersonName, ...] = ()
    born: PartialDate | None = None
    ssn: str | None = Field(default=None, pattern=r"^(?:[0-9]{9}|[0-9]{4})$")
    addresses: tuple[ReportedAddress, ...] = ()
    employers: tuple[str, ...] = ()

    @classmethod
    def of(cls, profile: Profile) -> ConsumerProfile:
        """The part of a consumer's profile that a report can be compared with."""
        places = (profile.address, *profile.previous_addresses)
        return cls(
            names=(
                PersonName(
                    first=profile.given_name,
                    middle=profile.middle_name,
                    last=profile.family_name,
                    suffix=profile.suffix,
                ),
            ),
            born=PartialDate.of(profile.birth_date),
            ssn=profile.ssn,
            addresses=tuple(
                ReportedAddress(
                    street=place.line1,
                    unit=place.line2,
                    city=place.city,
                    state=place.state,
                    postal_code=place.zip_code,
                )
                for place in places
            ),
        )


class Observation(Value):
    """What a detector function yields; the registry adds which detector it was.

    `group` is the account (None when the finding is about the person or a whole section), `confidence` a
    percentage, and `assertable` a sentence that is true as it stands: a mismatch shows only that at least
    one report may be wrong. `sensitive` findings quote personal data and must be sealed where they are kept.
    An `informational` one is worth knowing and no ground for a dispute, whatever its detector can find besides.
    """

    bureaus: tuple[Bureau, ...] = Field(min_length=1)
    group: str | None
    values: tuple[FieldValue, ...]
    confidence: int = Field(ge=1, le=100)
    assertable: str
    asks: tuple[AskedField, ...] = ()
    needs_consumer_confirm: bool = False
    sensitive: bool = False
    informational: bool = False


class Finding(Observation):
    """One thing a report says that may be disputed, or (`informational`) that an operator should know."""

    detector: str
    version: int
    name: str
    reason: DisputeReason | None
    letter_type: LetterType | None
    rank: int

    @property
    def finding_key(self) -> str:
        """The same for the same detector version, account, bureaus and fields of one report; 20 hex digits."""
        values = [f"{value.bureau}/{value.row}/{value.field}" for value in self.values]
        parts = [self.detector, str(self.version), self.group or "", *self.bureaus, *sorted(values)]
        if self.group is None:
            parts += sorted(value.printed for value in self.values)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]
