"""Invented people cannot be anybody."""

import random
from datetime import date

from infrastructure.sandbox.report_generator.people import invent_home, invent_person, with_a_past

AS_OF = date(2026, 1, 5)


def test_numbers_have_areas_that_are_never_issued():
    people = [invent_person(random.Random(seed), AS_OF) for seed in range(200)]
    assert all(len(person.ssn) == 9 and 900 <= int(person.ssn[:3]) <= 999 for person in people)
    assert all(18 < (AS_OF - person.born).days / 365 < 70 for person in people)
    assert len({person.ssn for person in people}) > 190


def test_a_home_is_a_whole_address():
    home = invent_home(random.Random(1), AS_OF)
    assert home.line == f"{home.number} {home.street} {home.kind}"
    assert len(home.postal_code) == 5


def test_a_past_adds_moves_that_not_every_bureau_knows_and_keeps_the_person():
    people = []
    for seed in range(200):
        rng = random.Random(seed)
        plain = invent_person(rng, AS_OF)
        person = with_a_past(rng, plain, AS_OF)
        assert (person.given, person.family, person.born) == (plain.given, plain.family, plain.born)
        assert person.homes[:2] == plain.homes
        assert person.ssn[:3] in ("000", "666") or person.ssn[0] == "9"
        people.append(person)
    assert {person.ssn[:3] for person in people} > {"000", "666"}
    assert {len(person.homes) for person in people} == {2, 3, 4, 5}
    assert any(len(home.seen_by) < 3 for person in people for home in person.homes)
    assert {person.suffix for person in people} == {"", "JR", "III"}
