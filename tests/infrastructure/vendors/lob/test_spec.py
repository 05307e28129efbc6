"""Our requests, the sandbox's answers and its webhooks against Lob's published specification."""

from __future__ import annotations

import email
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from application.posting import OutcomeUnknown, PostBusy
from infrastructure.sandbox.print_provider import Settings, running
from infrastructure.vendors.lob import LobPost
from tests.support.lob_spec import ENUM_DELTAS, corrected, needs_spec, problems, problems_of_response
from tests.support.posting import PDF, bureau, party, piece
from tests.support.webhook_receiver import SECRET, Receiver, receiving

pytestmark = needs_spec
KEY = ("test_spec", "")


@contextmanager
def wiretap() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A server that writes down requests and answers 500 in Lob's words."""
    heard: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, raw))
            self.send_response(500)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def submitted(**changes: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What goes over the wire for a piece: the fields as a server understands them, and the headers."""
    with wiretap() as (url, heard):
        post = LobPost("test_spec", url)
        with pytest.raises(OutcomeUnknown):
            post.submit(piece(**changes), PDF)
        post.close()
    path, headers, raw = heard[0]
    assert path == "/v1/letters"
    message = email.message_from_bytes(b"Content-Type: " + headers["content-type"].encode() + b"\n\n" + raw)
    fields: dict[str, Any] = {}
    for part in message.get_payload():
        name, value = (
            part.get_param("name", header="content-disposition"),
            part.get_payload(decode=True).decode("latin-1"),
        )
        nested = re.fullmatch(r"(\w+)\[(\w+)\]", name)
        if nested:
            fields.setdefault(nested[1], {})[nested[2]] = value
        else:
            fields[name] = {"true": True, "false": False}.get(value, value)
    return fields, headers


def test_the_specification_is_corrected_in_nine_places_and_then_refuses_an_empty_letter() -> None:
    _, corrections = corrected()

    assert corrections == ENUM_DELTAS
    assert {"$: required"} <= set(problems("letter_editable", {}))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"service": "none"},
        {"service": "certified_return_receipt", "double_sided": False, "color": True},
        {"address_placement": "insert_blank_page", "description": "dispute letter", "metadata": {}},
        {"to": bureau(name="Dispute Centre", line2="Suite 9"), "metadata": {f"k{n}": "v" * 500 for n in range(19)}},
    ],
)
def test_a_submission_is_a_letter_of_the_specification(changes: dict[str, Any]) -> None:
    fields, headers = submitted(**changes)

    assert problems("letter_editable", fields) == []
    assert fields["metadata"]["mailing_id"] == "mailing-1"
    assert (fields["use_type"], fields["mail_type"], fields["size"]) == ("operational", "usps_first_class", "us_letter")
    assert len(fields["metadata"]) <= 20
    assert headers["idempotency-key"] == "mailing-1-0"
    assert re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", headers["lob-version"])
    assert headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "spoil",
    [
        *({name: None} for name in ("to", "from", "file", "color", "use_type")),
        {"extra_service": "carrier_pigeon"},
        {"mail_type": "usps_tomorrow"},
        {"metadata": {"nested": {"a": "b"}}},
        {"color": "perhaps"},
        {"address_placement": "back"},
        {
            "to": {
                "name": "A" * 41,
                "address_line1": "x",
                "address_city": "y",
                "address_state": "TX",
                "address_zip": "73301",
            }
        },
        {"to": {"name": "A", "address_line1": "x", "address_city": "y", "address_state": "TX", "address_zip": "733"}},
    ],
)
def test_the_specification_would_notice(spoil: dict[str, Any]) -> None:
    fields, _ = submitted()
    spoiled = {name: value for name, value in {**fields, **spoil}.items() if value is not None}

    assert problems("letter_editable", spoiled) != []


def test_a_verification_asks_in_the_words_of_the_specification() -> None:
    with wiretap() as (url, heard):
        post = LobPost("test_spec", url)
        with pytest.raises(PostBusy):
            post.verify(party(line2="Apt 4"))
        post.close()

    assert heard[0][0] == "/v1/us_verifications"
    assert problems("us_verifications_writable", json.loads(heard[0][2])) == []


@pytest.fixture(scope="module")
def hooks() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory, hooks: Receiver) -> Iterator[httpx.Client]:
    home: Path = tmp_path_factory.mktemp("provider")
    with running(Settings(home=home)) as server, httpx.Client(base_url=server.base_url, auth=KEY) as client:
        account = {"api_key": KEY[0], "webhook_url": hooks.url, "webhook_secret": SECRET}
        client.post("/sandbox/accounts", json=account).raise_for_status()
        yield client


@pytest.fixture(scope="module")
def letters(http: httpx.Client, hooks: Receiver) -> dict[str, str]:
    """One letter of each journey, all scans made."""
    post = LobPost(KEY[0], f"{http.base_url}/v1")
    http.post("/sandbox/clock", json={"now": "2026-03-02T15:00:00Z"}).raise_for_status()
    made = {}
    for outcome in ("deliver", "pickup", "return", "re_route", "lose", "issue", "fail"):
        for service in ("certified", "none"):
            http.delete("/sandbox/faults").raise_for_status()
            http.post("/sandbox/faults", json=[{"on": "letter", "do": outcome}]).raise_for_status()
            name = f"{outcome}-{service}"
            one = piece(name, service=service, to=bureau(line1="9 Bureau Way"))
            made[name] = post.submit(one, PDF).provider_id
    gone = post.submit(piece("gone"), PDF).provider_id
    fresh = http.get(f"/v1/letters/{gone}").json()
    assert problems("certified", fresh) == []
    post.cancel(gone)
    post.close()
    http.post("/sandbox/clock", json={"now": "2026-04-02T15:00:00Z"}).raise_for_status()
    return made


@pytest.mark.parametrize("outcome", ["deliver", "pickup", "return", "re_route", "lose", "issue"])
@pytest.mark.parametrize("service", ["certified", "none"])
def test_letters_of_the_sandbox_are_letters_of_the_specification(
    http: httpx.Client, letters: dict[str, str], outcome: str, service: str
) -> None:
    letter = http.get(f"/v1/letters/{letters[f'{outcome}-{service}']}").json()

    assert letter["tracking_events"]
    assert problems("letter", letter) == []
    assert problems("letter", {**letter, "to": None}) != []
    assert problems("letter", {**letter, "tracking_events": [{}]}) != []


def test_a_letter_that_failed_and_the_list_and_a_deletion_are_of_the_specification(
    http: httpx.Client, letters: dict[str, str]
) -> None:
    failed = http.get(f"/v1/letters/{letters['fail-none']}").json()
    page = http.get("/v1/letters", params={"metadata[mailing_id]": "deliver-certified"}).json()

    assert problems("letter", failed) == []
    assert failed["status"] == "failed"
    assert problems_of_response("/letters", "get", page) == []
    assert page["count"] == 1
    assert problems("letter_deletion", {"id": letters["fail-none"], "deleted": True}) == []


def test_webhooks_of_the_sandbox_are_events_of_the_specification(hooks: Receiver, letters: dict[str, str]) -> None:
    seen = {json.loads(raw)["event_type"]["id"] for raw in hooks.raw}

    assert [problems("events", json.loads(raw)) for raw in hooks.raw] == [[]] * len(hooks.raw)
    assert {"letter.created", "letter.rendered_pdf", "letter.failed", "letter.deleted"} < seen
    scans = ["mailed", "in_transit", "in_local_area", "processed_for_delivery", "delivered", "returned_to_sender"]
    scans.append("re-routed")
    assert {f"letter.{name}" for name in scans} | {f"letter.certified.{name}" for name in scans} < seen
    assert {"letter.certified.pickup_available", "letter.certified.issue"} < seen


@pytest.mark.parametrize(
    "line",
    [
        "commercial highrise", "residential highrise", "residential house", "po box", "rural route", "puerto rico",
        "military", "department of state", "deliverable", "missing unit", "incorrect unit", "unnecessary unit",
        "undeliverable block match", "undeliverable no match", "12 Main St", "PO Box 4500",
    ],
)  # fmt: skip
def test_verifications_are_of_the_specification(http: httpx.Client, line: str) -> None:
    answer = http.post("/v1/us_verifications", json={"primary_line": line, "zip_code": "11111"}).json()

    assert problems_of_response("/us_verifications", "post", answer) == []


def test_addresses_are_of_the_specification(http: httpx.Client) -> None:
    asked = {
        "name": "Ann",
        "address_line1": "1 Way",
        "address_city": "Austin",
        "address_state": "TX",
        "address_zip": "73301",
    }
    made = http.post("/v1/addresses", json=asked).json()
    shown = http.get(f"/v1/addresses/{made['id']}").json()
    gone = http.delete(f"/v1/addresses/{made['id']}").json()

    assert problems("address_editable", asked) == []
    assert [problems("address", made), problems("address", shown), problems("address_deletion", gone)] == [[], [], []]


def test_refusals_are_errors_of_the_specification(http: httpx.Client) -> None:
    refusals = [
        http.get("/v1/letters/ltr_none"),
        http.post("/v1/letters", data={"color": "true"}),
        http.get("/v1/letters", auth=("live_key", "")),
        http.get("/v1/letters", auth=("test_pub_key", "")),
        http.get("/v1/nothing"),
        http.get("/v1/letters", params={"limit": 101}),
    ]

    assert [answer.status_code for answer in refusals] == [404, 422, 401, 403, 404, 422]
    assert [problems("error", answer.json()) for answer in refusals] == [[]] * 6
