"""The provider's face: what it takes, refuses, repeats and breaks."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from application.posting import OutcomeUnknown, PostBusy
from infrastructure.sandbox.print_provider.app import create_app
from tests.support.posting import PDF, letter_pdf, piece
from tests.support.print_room import Sandbox, sandbox

ADDRESS = {
    "name": "Ann",
    "address_line1": "1 Way",
    "address_city": "Austin",
    "address_state": "TX",
    "address_zip": "73301",
}
FORM = {
    **{f"to[{name}]": value for name, value in ADDRESS.items()},
    **{f"from[{name}]": value for name, value in ADDRESS.items()},
    "color": "false",
    "use_type": "operational",
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    home: Path = tmp_path_factory.mktemp("provider")
    with sandbox(home, requests_per_window=100_000) as world:
        yield world


@pytest.fixture(autouse=True)
def _calm(room: Sandbox) -> Iterator[None]:
    yield
    room.http.delete("/sandbox/faults").raise_for_status()


def posted(room: Sandbox, pdf: bytes = PDF, headers: dict[str, str] | None = None, **changes: Any) -> httpx.Response:
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    return room.http.post("/v1/letters", data=form, files={"file": ("l.pdf", pdf, "application/pdf")}, headers=headers)


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["code"]
    assert answer.json()["error"]["status_code"] == answer.status_code
    return found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"use_type": None}, "mail_use_type_can_not_be_null"),
        ({"color": None}, "invalid"),
        ({"color": "maybe"}, "invalid"),
        ({"to[name]": None}, "invalid"),
        ({"to[name]": "A" * 41}, "invalid"),
        ({"to[address_zip]": "733"}, "invalid"),
        ({"to[address_line1]": "x" * 51}, "address_length_exceeds_limit"),
        ({"from[address_country]": "CA"}, "foreign_return_address"),
        ({"extra_service": "registered"}, "invalid"),
        ({"extra_service": "certified", "mail_type": "usps_standard"}, "invalid"),
        ({"metadata[a]": "x" * 501}, "invalid"),
        ({"metadata[a]": 'quo"te'}, "invalid"),
        ({f"metadata[k{n}]": "v" for n in range(21)}, "invalid"),
        ({"size": "us_letter"}, "invalid"),
        ({"shoe_size": "44"}, "invalid"),
        ({"to[address_line1]": "undeliverable block match"}, "failed_deliverability_strictness"),
    ],
)
def test_wrong_fields_are_refused_with_the_vendors_code(room: Sandbox, changes: dict[str, Any], expected: str) -> None:
    assert code(posted(room, **changes)) == expected


def test_a_refusal_repeats_nothing_of_what_was_sent(room: Sandbox) -> None:
    answer = posted(room, **{"to[address_zip]": "Secret Street 9"})

    assert "Secret" not in answer.text


def test_a_file_is_needed_and_must_be_uploaded(room: Sandbox) -> None:
    assert code(room.http.post("/v1/letters", data=FORM)) == "invalid"
    assert code(room.http.post("/v1/letters", data={**FORM, "file": "<html></html>"})) == "invalid_file"
    assert code(posted(room, pdf=letter_pdf(size=(500, 500)))) == "invalid_file_dimensions"


def test_a_failed_request_does_not_use_up_its_idempotency_key(room: Sandbox) -> None:
    headers = {"Idempotency-Key": "k-after-failure"}
    assert posted(room, headers=headers, color=None).status_code == 422

    first, again = posted(room, headers=headers), posted(room, headers=headers)
    assert first.json()["id"] == again.json()["id"]


def test_keys_are_given_once_and_are_short(room: Sandbox) -> None:
    assert code(posted(room, headers={"Idempotency-Key": "k" * 257})) == "invalid"
    both = room.http.post("/v1/letters?idempotency_key=a", data=FORM, headers={"Idempotency-Key": "b"})
    assert code(both) == "invalid"


def test_a_key_is_forgotten_after_a_day(tmp_path: Path) -> None:
    with sandbox(tmp_path) as world:
        headers = {"Idempotency-Key": "k"}
        first = posted(world, headers=headers).json()["id"]
        world.clock("2026-03-03T14:59:00Z")
        assert posted(world, headers=headers).json()["id"] == first
        world.clock("2026-03-03T15:00:00Z")
        assert posted(world, headers=headers).json()["id"] != first


@pytest.mark.parametrize(
    ("authorization", "status", "expected"),
    [
        ({}, 401, "unauthorized"),
        ({"Authorization": "Bearer test_account"}, 401, "unauthorized"),
        ({"Authorization": "Basic ???"}, 401, "unauthorized"),
        ({"Authorization": "Basic " + base64.b64encode(b"test_account:password").decode()}, 401, "unauthorized"),
        ({"Authorization": "Basic " + base64.b64encode(b"live_account:").decode()}, 401, "invalid_api_key"),
        ({"Authorization": "Basic " + base64.b64encode(b"test_pub_1:").decode()}, 403, "publishable_key_not_allowed"),
    ],
)
def test_only_a_secret_test_key_opens(room: Sandbox, authorization: dict[str, str], status: int, expected: str) -> None:
    answer = httpx.get(f"{room.http.base_url}/v1/letters", headers=authorization)

    assert (answer.status_code, code(answer)) == (status, expected)


def test_one_keys_things_do_not_exist_for_another(room: Sandbox) -> None:
    letter = room.send("isolated")
    address = room.http.post("/v1/addresses", json=ADDRESS).json()["id"]
    other = httpx.Client(base_url=room.http.base_url, auth=("test_stranger", ""))
    answers = [
        other.get(f"/v1/letters/{letter}"),
        other.delete(f"/v1/letters/{letter}"),
        other.get(f"/v1/addresses/{address}"),
        other.delete(f"/v1/addresses/{address}"),
    ]
    absent = other.get("/v1/letters/ltr_absent")
    other.close()

    assert [answer.status_code for answer in answers] == [404] * 4
    assert answers[0].json() == absent.json()
    assert room.post.find("isolated")


def test_letters_are_listed_in_pages_newest_first(tmp_path: Path) -> None:
    with sandbox(tmp_path) as world:
        made = [world.send(f"m{n}") for n in range(5)]
        first = world.http.get("/v1/letters", params={"limit": 2, "mail_type": '["usps_first_class"]'}).json()
        second = world.http.get(first["next_url"]).json()
        third = world.http.get(second["next_url"]).json()
        back = world.http.get(second["previous_url"]).json()
        standard = world.http.get("/v1/letters", params={"mail_type": '["usps_standard"]'}).json()

        pages = [[letter["id"] for letter in page["data"]] for page in (first, second, third, back)]
        assert pages == [[made[4], made[3]], [made[2], made[1]], [made[0]], [made[4], made[3]]]
        assert (third["next_url"], first["previous_url"], standard["count"]) == (None, None, 0)


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "x"},
        {"after": "!"},
        {"mail_type": "usps_first_class"},
        {"colour": "red"},
    ],
)
def test_a_wrong_question_is_refused(room: Sandbox, params: dict[str, Any]) -> None:
    assert code(room.http.get("/v1/letters", params=params)) == "invalid"
    assert code(room.http.get("/v1/letters", params={"before": "a", "after": "b"})) == "invalid"


def test_the_proof_is_the_bytes_that_were_sent_behind_a_signed_link(room: Sandbox) -> None:
    url = room.http.get(f"/v1/letters/{room.send('proof')}").json()["url"]

    assert httpx.get(url).content == PDF
    for wrong in (url[:-1] + "x", url.replace("expires=1", "expires=2"), url.split("?")[0]):
        assert httpx.get(wrong).status_code == 404


def test_too_many_requests_are_refused_with_both_spellings_of_the_headers(tmp_path: Path) -> None:
    with sandbox(tmp_path, requests_per_window=3) as world:
        answers = [world.http.get("/v1/letters") for _ in range(12)]

        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert code(refused[0]) == "rate_limit_exceeded"
        assert refused[0].headers["X-Rate-Limit-Limit"] == refused[0].headers["ratelimit-limit"] == "3"
        assert int(refused[0].headers["x-rate-limit-reset"]) > 1_700_000_000

        def ask_often() -> None:
            for _ in range(12):
                world.post.find("m")

        with pytest.raises(PostBusy) as busy:
            ask_often()
        assert busy.value.retry_after_seconds <= 5


@pytest.mark.parametrize("fault", ["bad_body", "reset_after", "500_after"])
def test_a_letter_taken_with_a_broken_answer_is_there_once(room: Sandbox, fault: str) -> None:
    room.faults({"on": "POST /v1/letters", "do": fault})
    with pytest.raises(OutcomeUnknown):
        room.send(fault)

    assert len(room.post.find(fault)) == 1


def test_a_slow_provider_may_take_the_letter_after_we_gave_up(room: Sandbox) -> None:
    room.faults({"on": "POST /v1/letters", "do": "slow:1.5"})
    impatient = type(room.post)("test_account", f"{room.http.base_url}/v1", total_seconds=0.5)
    with pytest.raises(OutcomeUnknown):
        impatient.submit(piece("late"), PDF)
    assert impatient.find("late") == []

    again = room.post.submit(piece("late"), PDF)
    found = [one.provider_id for one in room.post.find("late")]
    impatient.close()
    assert found == [again.provider_id]


def test_a_scripted_503_and_429_take_nothing(room: Sandbox) -> None:
    room.faults({"on": "POST /v1/letters", "do": "503"}, {"on": "POST /v1/letters", "do": "429", "nth": 2})
    for _ in range(2):
        with pytest.raises(PostBusy):
            room.send("refused")

    assert room.post.find("refused") == []
    assert callable(create_app)


def test_many_requests_at_once_under_one_key_make_one_letter(room: Sandbox) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = {one.provider_id for one in threads.map(lambda _: room.post.submit(piece("twins"), PDF), range(16))}

    assert [one.provider_id for one in room.post.find("twins")] == list(made)


def test_a_sender_that_looks_before_it_repeats_posts_each_mailing_once_through_a_hostile_provider(
    tmp_path: Path,
) -> None:
    def deliver(world: Sandbox, mailing: str) -> str:
        for _ in range(40):
            try:
                found = world.post.find(mailing)
                return found[0].provider_id if found else world.post.submit(piece(mailing), PDF).provider_id
            except (PostBusy, OutcomeUnknown):
                continue
        raise AssertionError(f"{mailing} was not posted in forty tries")

    troubles = ["accept_then_timeout:0.01", "500_before", "500_after", "429", "503", "reset", "reset_after", "bad_body"]
    with sandbox(tmp_path, requests_per_window=100_000) as world:
        lines = [{"on": "* /v1/letters", "do": do, "rate": 0.08, "seed": n} for n, do in enumerate(troubles)]
        world.faults(*lines)
        with ThreadPoolExecutor(4) as threads:
            posted = list(threads.map(lambda n: deliver(world, f"m{n}"), range(60)))
        fired = {line["do"]: line["fired"] for line in world.http.get("/sandbox/faults").json()["faults"]}
        ledger = world.ledger()

    assert all(fired.values()), fired
    assert (len(set(posted)), ledger["count"], ledger["duplicates"]) == (60, 60, [])
    assert {letter["id"] for letter in ledger["letters"]} == set(posted)
