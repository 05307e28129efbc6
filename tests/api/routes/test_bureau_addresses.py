"""The book's addresses are shown with their age, and whoever works tasks makes them young again."""

from __future__ import annotations

from datetime import date

from api.routes.bureau_addresses import Reading
from domain.address_book import VERIFY_EVERY
from domain.bureaus import Bureau
from tests.support.cases_over_http import Firm


def test_an_address_is_shown_and_confirmed_as_it_stands_in_the_book(firms: tuple[Firm, Firm]) -> None:
    firm = firms[0]
    rows = {row["bureau"]: row for row in firm.operator.got("/v1/bureau-addresses")}
    assert rows.keys() == {bureau.value for bureau in Bureau}
    for row in rows.values():
        age = date.fromisoformat(row["verify_again_on"]) - date.fromisoformat(row["verified_on"])
        assert age == VERIFY_EVERY

    read = Reading.model_validate({"bureau": "experian", "address": rows["experian"]["address"]})
    body = read.model_dump(mode="json")
    path = "/v1/bureau-addresses/verifications"
    assert firm.people["viewer"].send("POST", path, body).status_code == 403
    assert firm.operator.made("POST", path, body)["id"] == rows["experian"]["bureau_address_id"]

    refusal = firm.operator.send("POST", path, body | {"bureau": "equifax"})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "not_the_address_in_the_book")
    assert "4500" not in refusal.text.replace(refusal.headers["request-id"], "")
