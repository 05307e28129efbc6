"""The three bureaus, as code and people call them."""

from domain.bureaus import Bureau


def test_there_are_three_and_each_has_a_name() -> None:
    assert len(Bureau) == 3
    assert {bureau.display_name for bureau in Bureau} == {"Equifax", "Experian", "TransUnion"}
