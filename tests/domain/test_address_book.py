"""Every bureau has one dispute address for a date; known dead addresses are recognised."""

from datetime import date

import pytest

from domain.address_book import BOOK, NoDisputeAddress, dispute_address, is_stale
from domain.addresses import PostalAddress
from domain.bureaus import Bureau

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("bureau", "last_line", "zone"),
    [
        (Bureau.EQUIFAX, "Atlanta, GA 30374-0256", "America/New_York"),
        (Bureau.EXPERIAN, "Allen, TX 75013", "America/Chicago"),
        (Bureau.TRANSUNION, "Chester, PA 19016", "America/New_York"),
    ],
)
def test_each_bureau_has_its_address_and_clock(bureau: Bureau, last_line: str, zone: str) -> None:
    entry = dispute_address(bureau, TODAY)
    assert entry.address.lines[-1] == last_line
    assert entry.zone.key == zone
    assert not is_stale(bureau, entry.address)


def test_every_entry_fits_an_envelope() -> None:
    assert {entry.bureau for entry in BOOK} == set(Bureau)
    assert all(entry.address.fits_envelope and len(entry.company) <= 40 for entry in BOOK)


def test_a_new_entry_takes_over_on_its_first_day_and_the_old_one_still_answers_for_older_letters() -> None:
    old = dispute_address(Bureau.EXPERIAN, TODAY)
    moved = old.model_copy(
        update={"valid_from": date(2027, 1, 1), "address": old.address.model_copy(update={"line1": "P.O. Box 1"})}
    )
    closed = old.model_copy(update={"valid_until": date(2027, 1, 15)})
    book = (closed, moved)
    assert dispute_address(Bureau.EXPERIAN, date(2026, 12, 31), book) == closed
    assert dispute_address(Bureau.EXPERIAN, date(2027, 1, 1), book) == moved
    with pytest.raises(NoDisputeAddress):
        dispute_address(Bureau.EXPERIAN, date(2027, 2, 1), (closed,))


@pytest.mark.parametrize(
    ("bureau", "box", "city", "state", "zip_code", "stale"),
    [
        (Bureau.EQUIFAX, "P.O. Box 740241", "Atlanta", "GA", "30374", True),
        (Bureau.EQUIFAX, "PO BOX 740241", "ATLANTA", "GA", "30374-0241", True),
        (Bureau.EXPERIAN, "P.O. Box 9556", "Allen", "TX", "75013", True),
        (Bureau.EXPERIAN, "P.O. Box 2104", "Allen", "TX", "75013", True),
        (Bureau.TRANSUNION, "P.O. Box 2000", "Chester", "PA", "19022", True),
        (Bureau.TRANSUNION, "P.O. Box 2000", "Chester", "PA", "19016", False),
        (Bureau.EXPERIAN, "P.O. Box 740241", "Atlanta", "GA", "30374", False),
    ],
)
def test_addresses_that_still_circulate_are_known(
    bureau: Bureau, box: str, city: str, state: str, zip_code: str, stale: bool
) -> None:
    address = PostalAddress(line1=box, city=city, state=state, zip_code=zip_code)
    assert is_stale(bureau, address) is stale
