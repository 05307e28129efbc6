"""Invented people cannot be anybody."""

import random
from datetime import date

from infrastructure.sandbox.report_generator.people import invent_home, invent_person

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
