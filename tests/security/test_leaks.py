"""A whole case is walked over HTTP; then everything the product keeps is searched for the person it is about."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support import leaks
from tests.support.api import PASSWORD, Served, serving
from tests.support.cases_over_http import Case, Firm, first_pull, full_firm, profile
from tests.support.leaks import Canary, Sighting
from tests.support.logs import captured_logs
from tests.support.postgres import TestServer

FAMILY_NAME = "Quillfeather"
OPERATORS_SEARCH_THESE = {
    ("rm.consumers.given_name", "name"),
    ("rm.consumers.middle_name", "name"),
    ("rm.consumers.family_name", "name"),
    ("rm.consumers.name_key", "name"),
    ("rm.consumers.email", "email"),
    ("rm.consumers.email", "name"),
    ("rm.consumers.phone", "phone"),
    ("rm.users.email", "email"),
    ("rm.users.email", "name"),
    ("rm.users.name", "name"),
    ("rm.letters.signer", "name"),
}
"""Query tables show who a consumer is, under row security; nothing else does, and nowhere else."""


@dataclass
class Walked:
    """A finished case, all that was logged on the way, and what would give its person away."""

    served: Served
    firm: Firm
    case: Case
    logs: io.StringIO
    canaries: list[Canary]

    @property
    def consumer_id(self) -> str:
        return self.case.ids["consumer_id"]

    def in_database(self) -> set[Sighting]:
        return leaks.in_database(self.served.settings.database_url or "", self.canaries)

    def all(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.served.settings.database_url or "", autocommit=True) as conn:
            return conn.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leaks")


@pytest.fixture(scope="module")
def walked(server: TestServer, template: str, home: Path) -> Iterator[Walked]:
    """One person's case from the report to the overdue answer, and a refused upload on the way."""
    person = profile() | {"family_name": FAMILY_NAME, "email": f"{FAMILY_NAME.lower()}@example.com"}
    with captured_logs() as logs, serving(server, template, home) as served:
        firm = full_firm(served, "leakfirm", FAMILY_NAME)
        walked = Walked(served, firm, firm.cases[0], logs, leaks.of_person(person, first_pull()))
        provoke(walked)
        yield walked


def provoke(walked: Walked) -> None:
    """Requests that are refused: what they carry must not be kept or repeated either."""
    case, person = walked.case, profile() | {"family_name": FAMILY_NAME}
    path = f"/v1/consumers/{walked.consumer_id}/reports"
    broken = first_pull().replace(b"TrueLinkCreditReportType", FAMILY_NAME.encode(), 1)
    for content in (broken, first_pull()[:-40], b'{"ssn": "936623540"'):
        answer = case.consumer.send("POST", path, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422)
        assert not leaks.in_bytes(answer.content, walked.canaries)
    wrong = walked.firm.operator.send("POST", "/v1/consumers", person | {"ssn": "936-62-3540x"})
    assert wrong.status_code == 422
    assert not leaks.in_bytes(wrong.content, walked.canaries)
    unmapped = walked.firm.operator.read(f"/v1/{profile()['ssn']}/{profile()['email']}")
    assert unmapped.status_code == 404
    assert not leaks.in_bytes(unmapped.content, walked.canaries)


def test_the_database_holds_nothing_in_clear_but_what_operators_search(walked: Walked) -> None:
    seen = walked.in_database()
    assert {(one.place, one.what) for one in seen} <= OPERATORS_SEARCH_THESE
    assert ("rm.consumers.family_name", "name") in {(one.place, one.what) for one in seen}, "the search sees nothing"


def test_stored_documents_are_unreadable(walked: Walked, home: Path) -> None:
    objects = list((home / "objects").rglob("*"))
    assert len([path for path in objects if path.is_file()]) >= 3
    assert leaks.in_files(home / "objects", walked.canaries) == set()


def test_stored_documents_and_secrets_are_the_products_own(walked: Walked, home: Path) -> None:
    private = [home / "objects", home / "secrets", *(home / "secrets").iterdir()]
    private += [path for path in (home / "objects").rglob("*") if path.is_file()]
    assert {path for path in private if path.stat().st_mode & 0o077} == set()


def test_no_log_line_names_anybody(walked: Walked) -> None:
    said = walked.logs.getvalue()
    assert said.count("\n") > 30
    assert leaks.in_bytes(said.encode(), walked.canaries) == set()
    assert PASSWORD not in said


def test_metrics_name_nobody(walked: Walked) -> None:
    figures = walked.served.party().http.get("/metrics")
    assert figures.is_success
    assert not leaks.in_bytes(figures.content, walked.canaries)


def test_the_servers_statistics_hold_no_value_of_anybody(walked: Walked) -> None:
    """Statements are sent with their values apart, so that the server's own views of them show none."""
    texts = "\n".join(row[0] or "" for row in walked.all("SELECT query FROM pg_stat_activity"))
    assert not leaks.in_bytes(texts.encode(), walked.canaries)


def test_after_an_erasure_nothing_of_the_person_is_left(walked: Walked, home: Path) -> None:
    firm = walked.firm
    path = f"/v1/consumers/{walked.consumer_id}"
    erased = firm.owner.send("POST", f"{path}/erase", {"reason": "asked_by_consumer"}, etag=firm.owner.etag(path))
    assert erased.is_success, erased.text
    firm.advance(minutes=1)
    assert walked.in_database() == set()
    assert leaks.in_files(home, walked.canaries) == set()
    assert [p for p in (home / "objects").rglob("*") if walked.consumer_id in str(p)] == []


def test_an_erased_person_can_no_longer_sign_in(walked: Walked) -> None:
    case = walked.case
    guest = walked.served.party()
    body = {"tenant": walked.firm.slug, "email": f"{FAMILY_NAME.lower()}@example.com", "password": PASSWORD}
    assert guest.send("POST", "/v1/auth/sign-in", body).status_code == 401
    refreshed = guest.send("POST", "/v1/auth/refresh", {"refresh_token": case.consumer.tokens["refresh_token"]})
    assert refreshed.status_code == 401
    consent = {"kind": "service_terms", "text_version": "2026-11"}
    assert case.consumer.send("POST", f"/v1/consumers/{walked.consumer_id}/consents", consent).status_code == 401
