"""The parts of a report that are no accounts are plain values."""

from dataclasses import FrozenInstanceError
from datetime import date

import pytest

from domain.bureaus import Bureau
from infrastructure.sandbox.report_generator.records import Bankruptcy, Look


def test_they_are_compared_by_what_they_hold_and_never_change():
    look = Look(Bureau.EQUIFAX, "TALLGRASS FINANCE", date(2025, 6, 1), hard=True)
    assert look == Look(Bureau.EQUIFAX, "TALLGRASS FINANCE", date(2025, 6, 1), hard=True)
    case = Bankruptcy(date(2019, 1, 2), date(2019, 5, 2))
    with pytest.raises(FrozenInstanceError):
        case.filed = date(2020, 1, 1)
