"""Seeded three-bureau reports of invented people, with planted errors and the truth about them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import PersonName, ReportedAddress, ReportFormat
from domain.findings.model import ConsumerProfile
from domain.partial_dates import PartialDate
from infrastructure.sandbox.report_generator.accounts import CARDS, Account, Inventor, invent_accounts
from infrastructure.sandbox.report_generator.encodings import LISTING_ROWS, encode
from infrastructure.sandbox.report_generator.equifax_report import equifax_report
from infrastructure.sandbox.report_generator.experian_report import experian_report
from infrastructure.sandbox.report_generator.mixes import Mixer
from infrastructure.sandbox.report_generator.native import LOST, NATIVE, SHOWN_AS, answering, groups_of
from infrastructure.sandbox.report_generator.people import Person, invent_person, with_a_past
from infrastructure.sandbox.report_generator.plants import ORDER, Bureaus, Draft, Planted, plant
from infrastructure.sandbox.report_generator.plants_accounts import (
    BETWEEN_PULLS,
    PRINTED_ONLY,
    SINCE_THE_PULL_BEFORE,
    as_before,
)
from infrastructure.sandbox.report_generator.plants_person import PERSON_ORDER, plant_person
from infrastructure.sandbox.report_generator.records import (
    Bankruptcy,
    KnownBefore,
    Look,
    hard_looks,
    invent_bankruptcy,
    soft_looks,
)
from infrastructure.sandbox.report_generator.transunion_report import transunion_report
from infrastructure.sandbox.report_generator.tree import report_tree
from infrastructure.sandbox.report_generator.variety import recent_card

__all__ = ["GeneratedReport", "PlantedError", "generate", "generate_pair"]

_NATIVE_REPORTS = {
    Bureau.EQUIFAX: equifax_report,
    Bureau.TRANSUNION: transunion_report,
    Bureau.EXPERIAN: experian_report,
}

BETWEEN_BUREAUS = frozenset({"D08", "D09", "D10", "D11", "D12", "D13", "D14", "D37"})
"""Detectors whose finding is about all bureaus of an account at once."""

PRINTS_FIRST_DELINQUENCY: Final = frozenset({ReportFormat.MISMO_XML, ReportFormat.MISMO_JSON})
"""Encodings that have a field for the date of first delinquency; TrueLink's tree has none."""

EVERY_ERROR: Mapping[str, Bureaus | None] = dict.fromkeys(ORDER)
"""One error of each kind, at bureaus left to chance."""

EVERY_PERSON_ERROR: Mapping[str, Bureaus | None] = dict.fromkeys(
    identifier for identifier in PERSON_ORDER if identifier != "D35"
)
"""The same of the errors about the person, their inquiries and their disputes; D35 is for a report that shows no
bankruptcy, so it cannot stand beside D03 and D34."""

ALL_ERRORS: Final = (*EVERY_ERROR, *PERSON_ORDER)
"""Every kind of error that can be planted."""

_WITH_BANKRUPTCY: Final = 0.25


@dataclass(frozen=True)
class PlantedError:
    """The truth about one error. `group` is None for errors in personal data.

    `implied`: not planted for itself, but an error by the same plant that another detector is for.
    """

    detector: str
    group: str | None
    bureaus: Bureaus
    implied: bool = False


@dataclass(frozen=True)
class GeneratedReport:
    """The bytes of a report, what is true about it, and what we knew of its accounts before."""

    raw: bytes
    profile: ConsumerProfile
    planted: tuple[PlantedError, ...]
    known: tuple[KnownBefore, ...] = ()


def invent(
    seed: int,
    as_of: date,
    errors: Mapping[str, Bureaus | None],
    tradelines: int | None = None,
    as_far_as_they_fit: bool = False,
) -> tuple[Draft, list[Planted]]:
    """A draft of a report with its planted errors; the same arguments give the same draft.

    `tradelines` asks for so many accounts of all kinds (before errors that add one); without it the report has the
    ordinary thirty, of the kinds that errors are planted in. A small report may have no account for an error: then that
    is refused, or the error left out.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible test data, not a secret
    draft = _ordinary(rng, seed, as_of) if tradelines is None else _of_size(rng, as_of, tradelines)
    of_person = {identifier: bureaus for identifier, bureaus in errors.items() if identifier in PERSON_ORDER}
    others = {identifier: bureaus for identifier, bureaus in errors.items() if identifier not in of_person}
    planted = plant(draft, others, as_far_as_they_fit)
    return draft, planted + plant_person(draft, of_person, as_far_as_they_fit)


def _ordinary(rng: random.Random, seed: int, as_of: date) -> Draft:
    inventor = Inventor(rng, as_of)
    person = invent_person(rng, as_of)
    accounts = invent_accounts(inventor)
    aside = random.Random(f"{seed}/recent")  # noqa: S311 - as above
    accounts.append(recent_card(inventor.with_chance(aside), CARDS[7]))
    filed = person.homes[1].reported
    court = Bankruptcy(filed, filed + timedelta(days=120))
    return Draft(inventor, person, accounts, as_of, {}, {}, _looks(aside, accounts, as_of), court)


def _of_size(rng: random.Random, as_of: date, tradelines: int) -> Draft:
    inventor = Inventor(rng, as_of)
    person = with_a_past(rng, invent_person(rng, as_of), as_of)
    court = invent_bankruptcy(rng, as_of) if rng.random() < _WITH_BANKRUPTCY else None
    accounts = Mixer(inventor, court).accounts(tradelines)
    return Draft(inventor, person, accounts, as_of, {}, {}, _looks(rng, accounts, as_of), court)


def _looks(rng: random.Random, accounts: list[Account], as_of: date) -> list[Look]:
    return sorted([*hard_looks(rng, accounts), *soft_looks(rng, as_of)], key=lambda look: look.on, reverse=True)


def generate(
    seed: int,
    as_of: date,
    encoding: ReportFormat = ReportFormat.TRUELINK_SMARTCREDIT,
    errors: Mapping[str, Bureaus | None] = EVERY_ERROR,
    bureaus: Bureaus = tuple(Bureau),
    tradelines: int | None = None,
    as_far_as_they_fit: bool = False,
) -> GeneratedReport:
    """A report of an invented person pulled on `as_of`, with 5 to 80 tradelines if a number is given.

    `errors` maps detector ids to the bureaus of the error (None: chance); an empty mapping gives a clean
    report. Bureaus left out of `bureaus` have an empty section.
    """
    draft, planted = invent(seed, as_of, errors, tradelines, as_far_as_they_fit)
    return write(draft, planted, as_of, encoding, base_scores(draft, bureaus))


def generate_pair(
    seed: int,
    as_of: date,
    encoding: ReportFormat = ReportFormat.TRUELINK_SMARTCREDIT,
    errors: Mapping[str, Bureaus | None] = EVERY_ERROR,
    silent: Bureau | None = None,
) -> tuple[GeneratedReport, GeneratedReport]:
    """Two pulls of one person, 30 days apart: errors made in between show in the second only, beside the first.

    Nothing is told of the first: it has the errors that were there already. `silent` does not answer the second time,
    which is an error of its own (D49).
    """
    draft, planted = invent(seed, as_of, errors)
    scores = base_scores(draft, tuple(Bureau))
    first = write(as_before(draft), [], as_of - BETWEEN_PULLS, encoding, scores)
    answered = {bureau: score for bureau, score in scores.items() if bureau is not silent}
    second = write(draft, planted, as_of, encoding, answered, follows=True)
    if silent is not None:
        second = replace(second, planted=(*second.planted, PlantedError("D49", None, (silent,))))
    return first, second


def base_scores(draft: Draft, bureaus: Bureaus) -> dict[Bureau, int]:
    """A score for each bureau that answers, alike but not equal."""
    middle = 560 + sum(map(ord, draft.person.ssn)) % 120
    return {bureau: middle + 7 * index for index, bureau in enumerate(Bureau) if bureau in bureaus}


def write(
    draft: Draft,
    planted: list[Planted],
    pulled_on: date,
    encoding: ReportFormat,
    scores: dict[Bureau, int],
    *,
    follows: bool = False,
) -> GeneratedReport:
    """Put a draft into its encoding, with the truth told in the report's own terms.

    `follows`: the report is read beside the pull before.
    """
    scores = answering(encoding, scores)
    groups = _groups(draft, encoding, scores)
    otherwise = SHOWN_AS.get(encoding, {})
    shown = [
        replace(error, detector=otherwise.get(error.detector, error.detector))
        for error in planted
        if _shows(error, encoding, follows)
    ]
    return GeneratedReport(
        raw=_encoded(draft, pulled_on, encoding, scores),
        profile=profile_of(draft.person),
        planted=tuple(_truth(groups, shown, scores)),
        known=tuple(
            KnownBefore(groups[id(account)], dispute, identity)
            for account, dispute, identity in draft.past
            if id(account) in groups and dispute.bureau in scores
        ),
    )


def _encoded(draft: Draft, pulled_on: date, encoding: ReportFormat, scores: dict[Bureau, int]) -> bytes:
    """The bytes of a draft: a bureau's own report holds the file of that bureau alone."""
    bureau = NATIVE.get(encoding)
    if bureau is None:
        printed = encoding in PRINTS_FIRST_DELINQUENCY
        return encode(report_tree(draft, pulled_on, scores, first_delinquencies=printed), encoding, scores)
    return _NATIVE_REPORTS[bureau](draft, pulled_on, scores.get(bureau))


def _groups(draft: Draft, encoding: ReportFormat, scores: Mapping[Bureau, int]) -> dict[int, str]:
    """How a report numbers the accounts, by the identity of each."""
    if encoding in NATIVE:
        return groups_of(draft, encoding)
    accounts = [one for one in draft.accounts if encoding not in LISTING_ROWS or one.columns.keys() & scores.keys()]
    return {id(account): str(position) for position, account in enumerate(accounts, start=1)}


def tell(draft: Draft, planted: list[Planted], scores: Mapping[Bureau, int]) -> tuple[PlantedError, ...]:
    """The truth about errors of a draft, in the terms of a report that shows them all."""
    return tuple(_truth(_groups(draft, ReportFormat.TRUELINK_CAMEL, scores), planted, scores))


def _shows(error: Planted, encoding: ReportFormat, follows: bool) -> bool:
    if error.detector in PRINTED_ONLY and encoding not in PRINTS_FIRST_DELINQUENCY:
        return False
    if error.detector in SINCE_THE_PULL_BEFORE and not follows:
        return False
    said_of_all = encoding.family == "truelink"
    return error.detector not in LOST.get(encoding, ()) and (said_of_all or not error.together)


def _truth(
    groups: Mapping[int, str], planted: list[Planted], scores: Mapping[Bureau, int]
) -> Iterator[PlantedError]:
    for error in planted:
        if error.account is not None and id(error.account) not in groups:
            continue
        group = groups[id(error.account)] if error.account else None
        for detector, bureaus, implied in (
            (error.detector, error.bureaus, False),
            *((detector, bureaus, True) for detector, bureaus in error.implied),
        ):
            for seen in _as_found(detector, bureaus, scores, error.together and not implied):
                yield PlantedError(detector, group, seen, implied)


def _as_found(detector: str, bureaus: Bureaus, scores: Mapping[Bureau, int], together: bool) -> list[Bureaus]:
    """A contradiction between bureaus is one finding, if two of them answer; one within a row is one at each bureau.

    What the whole report says is one finding at every bureau that answers.
    """
    seen = tuple(bureau for bureau in bureaus if bureau in scores)
    if together:
        return [seen]
    if detector in BETWEEN_BUREAUS:
        return [seen] if len(seen) > 1 else []
    return [(bureau,) for bureau in seen]


def profile_of(person: Person) -> ConsumerProfile:
    """What the invented person would tell us about themselves."""
    return ConsumerProfile(
        names=(PersonName(first=person.given, middle=person.middle, last=person.family, suffix=person.suffix or None),),
        born=PartialDate.of(person.born),
        ssn=person.ssn,
        addresses=tuple(
            ReportedAddress(street=home.line, city=home.city, state=home.state, postal_code=home.postal_code)
            for home in person.homes
        ),
        employers=(person.employer,),
    )
