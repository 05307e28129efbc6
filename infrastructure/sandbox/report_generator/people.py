"""Invented people. Their Social Security numbers have areas that are never issued (000, 666 and 900 to 999)."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from domain.bureaus import Bureau

_GIVEN: Final = ("Avery", "Jordan", "Marisol", "Desmond", "Priya", "Tobias", "Leona", "Callum", "Ingrid", "Ramona")
_FAMILY: Final = ("Hollis", "Varga", "Okafor", "Lindqvist", "Marchetti", "Trujillo", "Bexley", "Naismith", "Pruett")
_STREETS: Final = ("Maple", "Juniper", "Harbor", "Quarry", "Orchard", "Larkspur", "Foundry", "Willow", "Sycamore")
_KINDS: Final = ("Street", "Avenue", "Lane", "Court")
_CITIES: Final = (
    ("Tulsa", "OK", "74104"),
    ("Dayton", "OH", "45402"),
    ("Springfield", "MO", "65806"),
    ("Worcester", "MA", "01608"),
    ("Toledo", "OH", "43604"),
    ("Trenton", "NJ", "08608"),
    ("Boise", "ID", "83702"),
)
_EMPLOYERS: Final = ("Northfield Paper Works", "Calder Freight Lines", "Brightwater Clinic", "Sutter Tool and Die")


@dataclass(frozen=True)
class Home:
    """One address, and the bureaus that know it."""

    number: str
    street: str
    kind: str
    city: str
    state: str
    postal_code: str
    reported: date
    seen_by: frozenset[Bureau] = frozenset(Bureau)

    @property
    def line(self) -> str:
        """The street line."""
        return f"{self.number} {self.street} {self.kind}"


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    given: str
    middle: str
    family: str
    born: date
    ssn: str
    homes: tuple[Home, ...]
    employer: str
    suffix: str = ""


def invent_person(rng: random.Random, as_of: date) -> Person:
    """A person of 28 to 64 years with two addresses and one employer."""
    return Person(
        given=rng.choice(_GIVEN),
        middle=rng.choice(_GIVEN),
        family=rng.choice(_FAMILY),
        born=as_of - timedelta(days=rng.randint(28 * 366, 64 * 365)),
        ssn=f"{rng.randint(900, 999)}{rng.randint(1, 99):02d}{rng.randint(1, 9999):04d}",
        homes=tuple(invent_home(rng, as_of - timedelta(days=days)) for days in (400, 2400)),
        employer=rng.choice(_EMPLOYERS),
    )


def invent_home(rng: random.Random, reported: date) -> Home:
    """An address in a real city, on a street and number made up."""
    city, state, postal_code = rng.choice(_CITIES)
    number = str(rng.randint(100, 9899))
    return Home(number, rng.choice(_STREETS), rng.choice(_KINDS), city, state, postal_code, reported)


def with_a_past(rng: random.Random, person: Person, as_of: date) -> Person:
    """The same person with the differences between bureaus that a life leaves: moves, a suffix, any unissued number."""
    area = rng.choice(("000", "666", person.ssn[:3]))
    moves = [invent_home(rng, as_of - timedelta(days=rng.randint(900, 4000))) for _ in range(rng.randint(0, 3))]
    known = [replace(home, seen_by=frozenset(rng.sample(list(Bureau), rng.randint(1, 3)))) for home in moves]
    return replace(
        person,
        ssn=area + person.ssn[3:],
        homes=(*person.homes, *known),
        suffix=rng.choice(("", "", "", "JR", "III")),
    )
