"""From findings to what a letter says of one item."""

import pytest

from application.challenges import NotDisputable, challenge_of, chosen_rows
from domain.bureaus import Bureau
from domain.findings.quoting import named
from domain.letter_facts import RequestKind
from tests.support.cases import FIRST_PULL
from tests.support.histories import report

PULLED = report()
FINDING = next(f for f in PULLED.findings if f.group == "22" and f.reason and Bureau.EXPERIAN in f.bureaus)
ROWS = [row for row in FIRST_PULL.rows() if row.group == "22"]
ROW = next(row for row in ROWS if row.bureau is Bureau.EXPERIAN)


def test_an_item_is_disputed_only_where_it_is_reported() -> None:
    rows = chosen_rows(FINDING, (), FIRST_PULL)
    assert {row.bureau for row in rows} == set(FINDING.bureaus)
    assert [row.bureau for row in chosen_rows(FINDING, (Bureau.EXPERIAN,), FIRST_PULL)] == [Bureau.EXPERIAN]


def test_a_finding_is_not_disputed_at_another_bureau_or_without_a_reason() -> None:
    only = FINDING.model_copy(update={"bureaus": (Bureau.EXPERIAN,)})
    for finding, bureaus in ((only, (Bureau.EQUIFAX,)), (FINDING.model_copy(update={"reason": None}), ())):
        with pytest.raises(NotDisputable) as refusal:
            chosen_rows(finding, bureaus, FIRST_PULL)
        assert refusal.value.code == "finding_not_disputable"


def test_the_item_names_company_masked_number_and_what_was_found() -> None:
    made = challenge_of(ROW, [FINDING], ROWS)
    assert made.item.furnisher == "FIRST BANK 22"
    assert made.item.account_masked == "****2211"
    assert FINDING.assertable[:30] in made.item.basis
    assert made.finding_keys == (FINDING.finding_key,)
    assert (made.item.request is RequestKind.DELETE) == (made.asked == ())


def test_several_findings_make_one_item_led_by_the_strongest() -> None:
    weaker = FINDING.model_copy(update={"rank": FINDING.rank - 1, "assertable": "Another sentence."})
    made = challenge_of(ROW, [weaker, FINDING], ROWS)
    assert made.reason == FINDING.reason
    assert made.item.basis.startswith(FINDING.assertable[:20])


def test_the_account_is_named_as_the_bureau_that_reads_the_letter_names_it() -> None:
    here = ROW.model_copy(update={"creditor_name": "FIRST BK", "account_masked": "3107****"})
    there = ROW.model_copy(update={"bureau": Bureau.EQUIFAX, "ref": "other"})
    sentence = f"The bureaus report {named(there)} differently ({named(there)})."
    made = challenge_of(here, [FINDING.model_copy(update={"assertable": sentence})], [there, here])
    assert made.item.basis == f"The bureaus report {named(here)} differently ({named(here)})."
    assert (named(here) == named(there), challenge_of(there, [FINDING], [there, here]).item.basis) == (
        False, FINDING.assertable,
    )  # fmt: skip
