"""An invented TransUnion file looks as TransUnion writes it."""

import re
from datetime import date

from infrastructure.sandbox.report_generator import invent
from infrastructure.sandbox.report_generator.transunion_report import transunion_report

AS_OF = date(2026, 1, 5)


def read(seed: int = 2, score: int | None = 640) -> str:
    draft, _ = invent(seed, AS_OF, {})
    return transunion_report(draft, AS_OF, score).decode()


def test_the_document_names_its_version_and_namespace():
    text = read()
    assert text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n<creditBureau xmlns="http://www.transunion.com/namespace">'
    )
    assert "<version>2.33</version>" in text
    assert text.endswith("</creditBureau>")


def test_amounts_are_padded_and_dates_say_what_is_estimated():
    text = read()
    assert {len(amount) for amount in re.findall(r"<currentBalance>(\d+)<", text)} == {9}
    assert re.search(r'<dateOpened estimatedDay="false" [^>]*>\d{4}-\d\d-\d\d</dateOpened>', text)
    assert "<accountRating>01</accountRating>" in text


def test_names_are_escaped():
    draft, _ = invent(2, AS_OF, {})
    for account in draft.accounts:
        for column in account.columns.values():
            column.creditor = "A & B <C>"
    assert "<unparsed>A &amp; B &lt;C&gt;</unparsed>" in transunion_report(draft, AS_OF, 640).decode()


def test_collections_and_patterns():
    text = read()
    assert text.count("<collection>") == 5
    assert set("".join(re.findall(r"<text>([^<]+)</text>", text))) <= set("12345X")


def test_no_file_is_no_hit():
    text = read(score=None)
    assert "<fileHitIndicator>error</fileHitIndicator>" in text
    assert "<trade>" not in text
    assert "<indicative>" not in text
