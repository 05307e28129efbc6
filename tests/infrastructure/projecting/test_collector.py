"""The collector's pace is changed for a block only."""

import gc
from collections.abc import Iterator

import pytest

from infrastructure.projecting.collector import unhurried


@pytest.fixture(autouse=True)
def usual_pace() -> Iterator[None]:
    """A runner in a thread of another test may have changed the pace of this process."""
    former = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*former)


def test_the_former_pace_comes_back_after_a_failure() -> None:
    before = gc.get_threshold()

    with unhurried():
        inside = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), unhurried():
        _ = 1 // 0

    assert inside[0] > before[0]
    assert gc.get_threshold() == before
