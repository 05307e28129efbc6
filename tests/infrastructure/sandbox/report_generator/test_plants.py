"""Each plant changes what it says, and an account carries one error at most."""

import random
from datetime import date

import pytest

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator import invent
from infrastructure.sandbox.report_generator.plants import ORDER, PLANTS, plant

AS_OF = date(2026, 1, 5)


def test_every_plant_is_in_the_order_once():
    assert sorted(ORDER) == sorted(PLANTS)


@pytest.mark.parametrize("identifier", ORDER)
def test_a_plant_changes_the_draft_and_tells_where(identifier):
    clean, _ = invent(4, AS_OF, {})
    draft, [truth] = invent(4, AS_OF, {identifier: None})
    assert truth.detector == identifier
    assert truth.bureaus
    changed = [vars(clean)[part] != vars(draft)[part] for part in ("accounts", "extra_homes", "other_ssns")]
    assert any(changed)


def test_no_account_carries_two_errors():
    _, truths = invent(4, AS_OF, dict.fromkeys(ORDER))
    carriers = [id(truth.account) for truth in truths if truth.account is not None]
    assert len(set(carriers)) == len(carriers)


def test_too_many_errors_of_a_kind_are_refused():
    draft, _ = invent(4, AS_OF, {"D20": None})
    with pytest.raises(ValueError, match="no free account of kind late_loan"):
        plant(draft, {"D20": (Bureau.EQUIFAX,)})
    assert isinstance(draft.rng, random.Random)
