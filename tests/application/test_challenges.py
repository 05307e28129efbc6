"""From findings to what a letter says of one item."""

from datetime import date
from uuid import UUID

import pytest

from application.challenges import NotDisputable, challenge_of, chosen_rows
from domain.bureaus import Bureau
from domain.credit_reports import OpenClosed
from domain.findings import Identity, OwnDispute, detect
from domain.findings.quoting import named
from domain.letter_facts import Recipient, RequestKind
from domain.linter import lint
from domain.reconciliation import Outcome
from domain.templates import compose
from infrastructure.reports import parse
from infrastructure.sandbox.report_generator import generate
from tests.support.cases import FIRST_PULL
from tests.support.findings import found, found_after
from tests.support.histories import report
from tests.support.letters import LETTER_DATE, letter_facts
from tests.support.reports import PULLED_ON, collection, months, row
from tests.support.reports import report as pull

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


LATE = {"closed": "2019-01-10", "open_closed": OpenClosed.CLOSED, "balance": 0}


@pytest.mark.parametrize(
    ("detector", "printed"),
    [
        ("D15", LATE | {"history": months("2025-12", "4" * 60)}),
        ("D17", {"history": months("2025-12", "4C" * 40)}),
        ("D19", {"past_due": 50_00, "creditor_name": "QUARRY BANK OF THE NORTH " * 4}),
        ("D19", {"past_due": 50_00, "creditor_name": "QUARRY BANK OF THE NORTH " * 30}),
        ("D21", {"condition": None, "remarks": ("Settled for less than the full balance " * 4,)}),
    ],
)
def test_what_a_report_prints_at_length_is_cut_visibly_and_makes_a_letter_that_may_be_sent(
    detector: str, printed: dict[str, object]
) -> None:
    here = row(**printed)
    [finding] = found(detector, here)
    made = challenge_of(here, [finding], [here])
    facts = letter_facts(items=(made.item,))
    assert lint(compose("bureau_dispute_611", 1, facts), facts) == ()
    texts = (made.item.basis, made.item.furnisher or "", *(field.printed for field in made.item.fields))
    assert any(text.endswith("\u2026") or " more" in text for text in texts), "nothing says that something was left out"


def test_what_the_letter_has_no_room_to_ask_counts_as_not_asked() -> None:
    here = row(**LATE, history=months("2025-12", "4" * 9))
    [finding] = found("D15", here)
    made = challenge_of(here, [finding], [here])
    disputed = [field.label for field in made.item.fields if not field.context]
    assert (len(finding.asks), len(made.asked), len(disputed)) == (9, 8, 8)
    assert [f"payment history {ask.field.removeprefix('history.')}" for ask in made.asked] == disputed


def test_text_that_cannot_be_printed_is_refused_and_not_repeated() -> None:
    here = row(past_due=50_00, creditor_name="QUARRY\x07BANK")
    with pytest.raises(NotDisputable) as refusal:
        challenge_of(here, found("D19", here), [here])
    assert "QUARRY" not in str(refusal.value)


def test_every_error_of_an_account_makes_a_letter_that_may_be_sent() -> None:
    generated = generate(3, PULLED_ON)
    pulled = parse(generated.raw)
    seen = set()
    for finding in detect(pulled, PULLED_ON, generated.profile):
        if finding.group is None or finding.informational:
            continue
        for here in chosen_rows(finding, (), pulled):
            account = [row for row in pulled.rows() if row.group == here.group]
            facts = letter_facts(items=(challenge_of(here, [finding], account).item,))
            assert lint(compose("bureau_dispute_611", 1, facts), facts) == (), finding.detector
            seen.add(finding.detector)
    assert seen >= {"D05", "D14", "D16", "D23", "D24", "D28", "D29", "D47", "D48"}


@pytest.mark.parametrize("settled", [True, False])
def test_a_deleted_account_that_is_back_makes_a_clean_letter(settled: bool) -> None:
    back = collection(creditor_name="OAKBRIDGE")
    pulled = pull(back)
    before = OwnDispute(
        dispute_id=UUID(int=1), tradeline_id=UUID(int=2), bureau=back.bureau, opened_on=date(2025, 10, 1),
        received_on=date(2025, 10, 9), ended_on=date(2025, 11, 20), outcome=Outcome.DELETED,
        answered_by=UUID(int=3), answered_on=date(2025, 11, 15), furnisher="MIDVALE RECOVERY",
        account_masked="****4321",
    )  # fmt: skip
    own = Identity(tradeline_id=UUID(int=2), tier="T5", settled=settled)
    [finding] = found_after("D46", pulled, (back.ref, before, own))
    assert chosen_rows(finding, (), pulled) == [back]
    challenge = challenge_of(back, [finding], [back])
    assert (challenge.reason, challenge.item.request, challenge.asked) == ("reinserted", RequestKind.DELETE, ())
    facts = letter_facts(items=(challenge.item,), recipient=Recipient.from_book(back.bureau, LETTER_DATE))
    content = compose("bureau_dispute_611", 1, facts)
    assert lint(content, facts) == ()
    said = " ".join(content.items[0].paragraphs)
    assert "appears to have been deleted from my file and to be reported again" in said
    assert "no longer showed MIDVALE RECOVERY" in said
