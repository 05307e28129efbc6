"""The committed samples: three pulls of one invented person, and what that person would tell us.

The first is pulled on `FIRST_PULL`. The second, 25 days later, is complete and shows two changes among the
accounts with planted errors: the obsolete collection is gone at all three bureaus, and the loan shown as
current with an amount past due has that amount at zero, furnished anew. Nothing else was furnished in between.
The third, 65 days after the first, is complete too, and the collection is reported again at one bureau.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from domain.bureaus import Bureau
from domain.credit_reports import ReportFormat
from infrastructure.sandbox.report_generator import base_scores, invent, write
from infrastructure.sandbox.report_generator.accounts import Account
from infrastructure.sandbox.report_generator.people import Person
from infrastructure.sandbox.report_generator.plants import Bureaus, Draft, Planted

SEED: Final = 21
FIRST_PULL: Final = date(2026, 1, 5)
SECOND_PULL: Final = FIRST_PULL + timedelta(days=25)
THIRD_PULL: Final = FIRST_PULL + timedelta(days=65)
BACK_AT: Final = Bureau.EQUIFAX
FURNISHED_AGAIN: Final = FIRST_PULL + timedelta(days=19)
GONE: Final = "D01"
CORRECTED: Final = "D19"
_STORY: Final = {"gone_at_day_20": GONE, "corrected_at_day_20": CORRECTED, "back_at_day_60": GONE}
_EVERYWHERE: Final = tuple(Bureau)
_PLAN: Final[Mapping[str, Bureaus | None]] = {
    CORRECTED: _EVERYWHERE,
    GONE: _EVERYWHERE,
    "D02": (Bureau.EXPERIAN,),
    "D09": (Bureau.TRANSUNION,),
    "D10": (Bureau.EQUIFAX,),
    "D11": (Bureau.EXPERIAN,),
    "D12": (Bureau.EQUIFAX,),
    "D13": (Bureau.TRANSUNION,),
    "D15": (Bureau.EQUIFAX,),
    "D17": (Bureau.EXPERIAN,),
    "D20": (Bureau.TRANSUNION,),
    "D21": _EVERYWHERE,
    "D22": (Bureau.EQUIFAX, Bureau.EXPERIAN),
    "D25": (Bureau.TRANSUNION,),
    "D26": _EVERYWHERE,
    "D27": (Bureau.EQUIFAX, Bureau.TRANSUNION),
    "D30": (Bureau.EXPERIAN,),
    "D37": (Bureau.TRANSUNION,),
    "D44": (Bureau.EXPERIAN,),
    "D45": (Bureau.EQUIFAX,),
}


def sample_files(seed: int = SEED) -> dict[str, bytes]:
    """File name to bytes of every sample. Another seed gives other people with the same story."""
    draft, planted = invent(seed, FIRST_PULL, _PLAN)
    scores = base_scores(draft, _EVERYWHERE)
    first = write(draft, planted, FIRST_PULL, ReportFormat.TRUELINK_SMARTCREDIT, scores)
    planted_errors = [
        {"detector": error.detector, "group": error.group, "bureaus": list(error.bureaus)} for error in first.planted
    ]
    person = _consumer(draft.person)
    gone = _answer(draft, planted)
    better = {bureau: score + 6 for bureau, score in scores.items()}
    second = write(draft, planted, SECOND_PULL, ReportFormat.TRUELINK_SMARTCREDIT, better)
    draft.accounts.append(replace(gone, columns={BACK_AT: gone.columns[BACK_AT]}))
    third = write(draft, planted, THIRD_PULL, ReportFormat.TRUELINK_SMARTCREDIT, better)
    return {
        "first_pull.json": first.raw + b"\n",
        "day_20.json": second.raw + b"\n",
        "day_60.json": third.raw + b"\n",
        "consumer.json": _lines(person),
        "truth.json": _lines({"first_pull": planted_errors, **_STORY}),
    }


def _answer(draft: Draft, planted: list[Planted]) -> Account:
    """What bureaus and furnishers did between the pulls; the account that they deleted."""
    accounts = {error.detector: error.account for error in planted}
    gone, corrected = accounts[GONE], accounts[CORRECTED]
    if gone is None or corrected is None:
        raise ValueError("the errors that are answered must be on accounts")
    draft.accounts = [account for account in draft.accounts if account is not gone]
    corrected.columns = {
        bureau: replace(column, past_due=0, reported=FURNISHED_AGAIN) for bureau, column in corrected.columns.items()
    }
    return gone


def _consumer(person: Person) -> dict[str, object]:
    homes = [
        {"line1": home.line, "city": home.city, "state": home.state, "zip_code": home.postal_code}
        for home in person.homes
    ]
    return {
        "given_name": person.given,
        "middle_name": person.middle,
        "family_name": person.family,
        "email": f"{person.given}.{person.family}@example.com".lower(),
        "phone": "(918) 555-0142",
        "birth_date": person.born.isoformat(),
        "ssn": person.ssn,
        "address": homes[0],
        "previous_addresses": homes[1:],
    }


def _lines(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"
