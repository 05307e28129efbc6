"""A tenant with people of every role and with a case of every kind of thing, made over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from application.feeding import RawReport
from application.posting import ScanKind, TrackingScan
from domain.connections import Alert, Score
from tests.support.api import PASSWORD, Json, Party, Served
from tests.support.feeds import PROVIDER

SAMPLES = Path(__file__).parents[2] / "samples"
TEXT, ATTESTATION = "2026-11", "truth-2026-11"
STAFF = ("operator", "viewer", "auditor")


@dataclass
class Case:
    """One consumer's case: the person's client, and an id of every kind of thing in it."""

    consumer: Party
    ids: dict[str, str]
    words: tuple[str, ...] = ()


@dataclass
class Firm:
    """A tenant: its people's clients by role, and its cases."""

    served: Served
    slug: str
    tenant_id: str
    people: dict[str, Party]
    ids: dict[str, str]
    now: datetime
    cases: list[Case] = field(default_factory=list)
    words: tuple[str, ...] = ()

    @property
    def owner(self) -> Party:
        return self.people["owner"]

    @property
    def operator(self) -> Party:
        return self.people["operator"]

    def advance(self, **by: float) -> None:
        """Move the tenant's clock, and wait until all that fell due has been worked off."""
        self.now += timedelta(**by)
        moved = self.owner.made("POST", "/v1/tenant/clock", {"to": self.now.isoformat(), "wait": True})
        assert moved["quiet"], "the work did not come to rest"


def first_pull() -> bytes:
    """The committed report."""
    return (SAMPLES / "first_pull.json").read_bytes()


def profile() -> Json:
    """The invented person the committed report is about."""
    found: Json = json.loads((SAMPLES / "consumer.json").read_text())
    return found


def open_firm(served: Served, word: str = "firm", **tenant: object) -> Firm:
    """A test-mode tenant whose clock stands on the day of the committed report, with staff of every role and a
    machine. `word` is in every name it is known by."""
    slug, now = f"{word}-{uuid4().hex[:8]}", datetime(2026, 3, 2, 15, tzinfo=UTC)
    platform = served.party(served.platform_key)
    body = {
        "slug": slug,
        "name": f"{word} tenant",
        "mode": "test",
        "clock_starts_at": now.isoformat(),
        "owner": {"email": f"owner@{word}.example", "name": f"{word} owner", "password": PASSWORD},
        **tenant,
    }
    opened = platform.made("POST", "/v1/tenants", body)
    people = {"owner": served.signed_in(slug, f"owner@{word}.example")}
    owner = people["owner"]
    ids = {"user_id": opened["owner_id"]}
    for role in STAFF:
        ids[f"{role}_id"] = add_person(owner, f"{role}@{word}.example", f"{word} {role}", role)
        people[role] = served.signed_in(slug, f"{role}@{word}.example")
    made = owner.made("POST", "/v1/api-keys", {"name": f"{word} machine", "role": "operator"})
    people["machine"] = served.party(made["api_key"])
    ids["key_id"] = made["key_id"]
    ids["endpoint_id"] = owner.made("POST", "/v1/webhook-endpoints", {"provider": "lob"})["endpoint_id"]
    words = (word, slug, opened["tenant_id"], *ids.values())
    return Firm(served, slug, opened["tenant_id"], people, ids, now, words=words)


def add_person(owner: Party, email: str, name: str, role: str, consumer_id: str | None = None) -> str:
    """Give somebody a sign-in; the user's id."""
    body = {"email": email, "name": name, "role": role, "password": PASSWORD, "consumer_id": consumer_id}
    made: str = owner.made("POST", "/v1/users", body)["user_id"]
    return made


def add_consumer(firm: Firm, word: str) -> Case:
    """A consumer with a sign-in, every consent and an identity paper. `word` is the family name."""
    person = profile() | {"family_name": word, "email": f"{word.lower()}@example.com"}
    consumer_id = firm.operator.made("POST", "/v1/consumers", person)["consumer_id"]
    user_id = add_person(firm.owner, person["email"], word, "consumer", consumer_id)
    consumer = firm.served.signed_in(firm.slug, person["email"])
    for kind in ("service_terms", "report_import", "dispute_in_my_name"):
        body = {"kind": kind, "text_version": TEXT}
        consumer.made("POST", f"/v1/consumers/{consumer_id}/consents", body)
    document = firm.operator.made(
        "POST",
        f"/v1/consumers/{consumer_id}/documents",
        data={"kind": "proof_of_address"},
        files={"file": ("bill.pdf", f"%PDF-1.4 {word}".encode(), "application/pdf")},
    )
    ids = {"consumer_id": consumer_id, "consumer_user_id": user_id, "document_id": document["document_id"]}
    case = Case(consumer, ids, words=(word, consumer_id, user_id, document["document_id"]))
    firm.cases.append(case)
    return case


def report_of(word: str) -> bytes:
    """The committed report, as one about a person of the family name `word`."""
    content = first_pull()
    for spelling in ("Bexley", "BEXLEY"):
        content = content.replace(spelling.encode(), (word if spelling.istitle() else word.upper()).encode())
    return content


def import_report(case: Case, word: str) -> None:
    """Bring the committed report in, as one about a person of the family name `word`."""
    path = f"/v1/consumers/{case.ids['consumer_id']}/reports"
    headers = {"Content-Type": "application/json"}
    case.ids["report_id"] = case.consumer.made("POST", path, content=report_of(word), headers=headers)["report_id"]
    items = case.consumer.got(f"/v1/reports/{case.ids['report_id']}/findings", limit=100)["items"]
    usable = [f for f in items if f["reason"] and f["tradeline_id"] and not f["needs_consumer_confirm"]]
    chosen = next(f for f in usable if "equifax" in f["bureaus"])
    case.ids |= {"finding_key": chosen["finding_key"], "tradeline_id": chosen["tradeline_id"]}


def connect(firm: Firm, case: Case, word: str) -> None:
    """The consumer lets a provider in, which gives the very report that was imported, a score and an alert."""
    feed, day = firm.served.feed, firm.now.date()
    feed.subject = f"{word}-at-provider"
    feed.report = RawReport(media_type="application/json", content=report_of(word))
    feed.scores = (Score(model="VantageScore 3.0", value=612, as_of=day),)
    feed.alerts = (Alert(alert_id=f"al_{word}", kind="new_inquiry", occurred_on=day),)
    path = f"/v1/consumers/{case.ids['consumer_id']}/connections"
    begun = case.consumer.made("POST", path, {"provider": PROVIDER, "text_version": TEXT})
    state = parse_qs(urlsplit(begun["authorization_url"]).query)["state"][0]
    case.ids["connection_id"] = begun["connection_id"]
    answer = {"state": state, "code": "code"}
    case.consumer.made("POST", f"/v1/connections/{begun['connection_id']}/callback", answer)
    pulled = case.consumer.until(f"/v1/connections/{begun['connection_id']}/pulls", _fetched)
    case.ids["pull_id"] = pulled[0]["pull_id"]
    case.consumer.until("/v1/alerts", bool)


def _fetched(items: list[Json]) -> bool:
    return bool(items) and items[0]["state"] == "fetched"


def open_dispute(case: Case) -> None:
    """Dispute the chosen finding at one bureau and wait for its letter."""
    body = {
        "consumer_id": case.ids["consumer_id"],
        "report_id": case.ids["report_id"],
        "selections": [{"finding_key": case.ids["finding_key"], "bureaus": ["equifax"]}],
    }
    case.ids["dispute_id"] = case.consumer.made("POST", "/v1/disputes", body)["disputes"][0]["dispute_id"]
    drafted = case.consumer.until("/v1/letters", lambda items: len(items) == 1)
    case.ids["letter_id"] = drafted[0]["letter_id"]


def sign_letter(case: Case) -> str:
    """The consumer signs, the letter is printed; the hash of its bytes."""
    path = f"/v1/letters/{case.ids['letter_id']}"
    signer = case.consumer.got(path)["signer"]
    body = {"signature_name": signer, "attestation_version": ATTESTATION}
    case.consumer.made("POST", f"{path}/signature", body, etag=case.consumer.etag(path))
    printed = case.consumer.until("/v1/letters", lambda items: items[0]["pdf_sha256"] is not None)
    sha256: str = printed[0]["pdf_sha256"]
    return sha256


def approve_letter(firm: Firm, case: Case, sha256: str) -> None:
    """Consumer and operator release the bytes; the piece is handed to the post."""
    path = f"/v1/letters/{case.ids['letter_id']}"
    body = {"pdf_sha256": sha256, "attestation_version": ATTESTATION}
    case.consumer.made("POST", f"{path}/approvals", body, etag=case.consumer.etag(path))
    firm.operator.made("POST", f"{path}/approvals", {"pdf_sha256": sha256}, etag=firm.operator.etag(path))
    posted = case.consumer.until("/v1/mailings", lambda items: bool(items) and items[0]["status"] == "accepted")
    case.ids["mailing_id"] = posted[0]["mailing_id"]


def deliver(firm: Firm) -> None:
    """The carrier delivers every piece, and the tenant's clock moves past the day the answers were due."""
    post = firm.served.posts[UUID(firm.tenant_id)]
    for number, piece in enumerate(post.printed):
        delivered = TrackingScan(
            id=f"evnt_{number}",
            provider_event="Delivered",
            kind=ScanKind.DELIVERED,
            occurred_at=firm.now + timedelta(hours=20),
        )
        post.scan(piece.status.provider_id, delivered)
    firm.advance(days=2)
    firm.advance(days=90)
    for case in firm.cases:
        dispute_id = case.ids["dispute_id"]
        about = firm.owner.got("/v1/tasks", about_id=dispute_id)["items"]
        case.ids["task_id"] = about[0]["task_id"]
        messages = case.consumer.got("/v1/notifications")["items"]
        case.ids["notification_id"] = messages[0]["notification_id"]
        case.words = (*case.words, *(value for name, value in case.ids.items() if name != "finding_key"))
    firm.ids["job_id"] = firm.owner.got("/v1/jobs")[0]["id"]
    firm.words = (*firm.words, firm.ids["job_id"])


def full_firm(served: Served, word: str, *people: str) -> Firm:
    """A firm in which every kind of thing exists for each of `people`."""
    firm = open_firm(served, word)
    for person in people:
        case = add_consumer(firm, person)
        import_report(case, person)
        connect(firm, case, person)
        open_dispute(case)
        approve_letter(firm, case, sign_letter(case))
    deliver(firm)
    return firm
