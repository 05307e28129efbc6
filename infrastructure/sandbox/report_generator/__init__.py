"""Seeded three-bureau reports of invented people, with planted errors and the truth about them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.bureaus import Bureau
from domain.credit_reports import PersonName, ReportedAddress, ReportFormat
from domain.findings.model import ConsumerProfile
from domain.partial_dates import PartialDate
from infrastructure.sandbox.report_generator.accounts import Inventor, invent_accounts
from infrastructure.sandbox.report_generator.encodings import encode
from infrastructure.sandbox.report_generator.people import Person, invent_person
from infrastructure.sandbox.report_generator.plants import ORDER, Bureaus, Draft, Planted, plant
from infrastructure.sandbox.report_generator.plants_person import PERSON_ORDER, plant_person
from infrastructure.sandbox.report_generator.records import Bankruptcy, KnownBefore
from infrastructure.sandbox.report_generator.tree import report_tree

__all__ = ["GeneratedReport", "PlantedError", "generate"]

BETWEEN_BUREAUS = frozenset({"D09", "D10", "D11", "D12", "D13", "D37"})
"""Detectors whose finding is about all bureaus of an account at once."""

EVERY_ERROR: Mapping[str, Bureaus | None] = dict.fromkeys(ORDER)
"""One error of each kind, at bureaus left to chance."""

EVERY_PERSON_ERROR: Mapping[str, Bureaus | None] = dict.fromkeys(
    identifier for identifier in PERSON_ORDER if identifier != "D35"
)
"""The same of the errors about the person, their inquiries and their disputes; D35 is for a report that shows no
bankruptcy, so it cannot stand beside D03 and D34."""


@dataclass(frozen=True)
class PlantedError:
    """The truth about one planted error. `group` is None for errors in personal data."""

    detector: str
    group: str | None
    bureaus: Bureaus


@dataclass(frozen=True)
class GeneratedReport:
    """The bytes of a report, what is true about it, and what we knew of its accounts before."""

    raw: bytes
    profile: ConsumerProfile
    planted: tuple[PlantedError, ...]
    known: tuple[KnownBefore, ...] = ()


def invent(seed: int, as_of: date, errors: Mapping[str, Bureaus | None]) -> tuple[Draft, list[Planted]]:
    """A draft of a report with its planted errors; the same seed, date and plan give the same draft."""
    rng = random.Random(seed)  # noqa: S311 - reproducible test data, not a secret
    inventor = Inventor(rng, as_of)
    person = invent_person(rng, as_of)
    filed = person.homes[1].reported
    court = Bankruptcy(filed, filed.replace(day=1))
    draft = Draft(inventor, person, invent_accounts(inventor), as_of, {}, {}, bankruptcy=court)
    of_person = {identifier: bureaus for identifier, bureaus in errors.items() if identifier in PERSON_ORDER}
    planted = plant(draft, {name: bureaus for name, bureaus in errors.items() if name not in of_person})
    return draft, planted + plant_person(draft, of_person)


def generate(
    seed: int,
    as_of: date,
    encoding: ReportFormat = ReportFormat.TRUELINK_SMARTCREDIT,
    errors: Mapping[str, Bureaus | None] = EVERY_ERROR,
    bureaus: Bureaus = tuple(Bureau),
) -> GeneratedReport:
    """A report of an invented person pulled on `as_of`.

    `errors` maps detector ids to the bureaus of the error (None: chance); an empty mapping gives a clean
    report. Bureaus left out of `bureaus` have an empty section.
    """
    draft, planted = invent(seed, as_of, errors)
    return write(draft, planted, as_of, encoding, base_scores(draft, bureaus))


def base_scores(draft: Draft, bureaus: Bureaus) -> dict[Bureau, int]:
    """A score for each bureau that answers, alike but not equal."""
    middle = 560 + sum(map(ord, draft.person.ssn)) % 120
    return {bureau: middle + 7 * index for index, bureau in enumerate(Bureau) if bureau in bureaus}


def write(
    draft: Draft, planted: list[Planted], pulled_on: date, encoding: ReportFormat, scores: dict[Bureau, int]
) -> GeneratedReport:
    """Put a draft into its encoding, with the truth told in the report's own terms."""
    groups = {id(account): str(position) for position, account in enumerate(draft.accounts, start=1)}
    return GeneratedReport(
        raw=encode(report_tree(draft, pulled_on, scores), encoding, scores),
        profile=profile_of(draft.person),
        planted=tuple(
            PlantedError(error.detector, groups[id(error.account)] if error.account else None, bureaus)
            for error in planted
            if error.account is None or id(error.account) in groups
            for bureaus in _as_found(error, scores)
        ),
        known=tuple(
            KnownBefore(groups[id(account)], dispute, identity)
            for account, dispute, identity in draft.past
            if id(account) in groups and dispute.bureau in scores
        ),
    )


def _as_found(error: Planted, scores: Mapping[Bureau, int]) -> list[Bureaus]:
    """A contradiction between bureaus is one finding; an error within a row is one at each bureau."""
    seen = tuple(bureau for bureau in error.bureaus if bureau in scores)
    return [seen] if error.together or error.detector in BETWEEN_BUREAUS else [(bureau,) for bureau in seen]


def profile_of(person: Person) -> ConsumerProfile:
    """What the invented person would tell us about themselves."""
    return ConsumerProfile(
        names=(PersonName(first=person.given, middle=person.middle, last=person.family),),
        born=PartialDate.of(person.born),
        ssn=person.ssn,
        addresses=tuple(
            ReportedAddress(street=home.line, city=home.city, state=home.state, postal_code=home.postal_code)
            for home in person.homes
        ),
        employers=(person.employer,),
    )
