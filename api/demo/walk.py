"""The walk itself: every step over HTTP, each checked before the next."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx

from api.demo.client import Client, Json, WalkFailed
from api.demo.provider import Provider, client_of
from infrastructure.trust import trust

TEXT = "2026-11"
ATTESTATION = "truth-2026-11"
ITEMS_FROM = ("D01", "D19", "D21", "D10", "D26")
"""The detectors whose findings the demonstration's consumer disputes: five items at each bureau, one letter each."""


@dataclass
class Story:
    """What the walk has come to; it is what `--json` writes."""

    facts: Json = field(default_factory=dict)

    def note(self, **facts: Any) -> None:
        """Keep facts for the account of the walk."""
        self.facts |= facts


@dataclass
class Walk:
    """One tenant, one consumer, one case, from the report to the outcomes."""

    base_url: str
    sandbox_url: str
    feed_url: str
    platform_key: str
    story: Story
    profile: Json
    reports: list[tuple[date, bytes]]
    folder: Path
    own_report: bool = False

    def __post_init__(self) -> None:
        self.slug = f"demo-{token_hex(4)}"
        self.password = f"{token_hex(6)}-{token_hex(6)}"
        self.owner = Client(self.base_url)
        self.operator = Client(self.base_url)
        self.consumer = Client(self.base_url)
        self.sandbox = httpx.Client(base_url=self.sandbox_url, timeout=10, trust_env=False, verify=trust())
        self.provider = Provider(self.feed_url)
        self.now = _noon(self.reports[0][0])

    def close(self) -> None:
        """Let go of the connections."""
        for client in (self.owner, self.operator, self.consumer, self.sandbox, self.provider):
            client.close()

    def make_people(self) -> str:
        """Open the tenant; make its operator and the consumer, each with a sign-in."""
        platform = Client(self.base_url, self.platform_key)
        opened = platform.send(
            "POST",
            "/v1/tenants",
            {
                "slug": self.slug,
                "name": "Demonstration",
                "mode": "test",
                "clock_starts_at": self.now.isoformat(),
                "owner": {"email": "owner@example.com", "name": "Owner", "password": self.password},
            },
        )
        platform.close()
        self.owner.sign_in(self.slug, "owner@example.com", self.password)
        self._person("operator@example.com", "Operator", "operator", None)
        self.operator.sign_in(self.slug, "operator@example.com", self.password)
        made = self.operator.send("POST", "/v1/consumers", self.profile)
        self.consumer_id = made["consumer_id"]
        self._person(self.profile["email"], "Consumer", "consumer", self.consumer_id)
        self.consumer.sign_in(self.slug, self.profile["email"], self.password)
        self._keep_sign_ins()
        self.story.note(tenant_id=opened["tenant_id"], slug=self.slug, consumer_id=self.consumer_id)
        return f"tenant {self.slug}, an operator and a consumer"

    def _person(self, email: str, name: str, role: str, consumer_id: str | None) -> None:
        person = {"email": email, "name": name, "role": role, "password": self.password, "consumer_id": consumer_id}
        self.owner.send("POST", "/v1/users", person)

    def _keep_sign_ins(self) -> None:
        """Whoever looks around afterwards can sign in as each of the people: what to send lies beside the letters."""
        emails = {"owner": "owner@example.com", "operator": "operator@example.com", "consumer": self.profile["email"]}
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for role, email in emails.items():
            path = self.folder / f"{role}.json"
            path.touch(mode=0o600)
            path.write_text(json.dumps({"tenant": self.slug, "email": email, "password": self.password}) + "\n")

    def give_consents(self) -> str:
        """The consumer agrees to each text, themselves."""
        kinds = ("service_terms", "report_import", "dispute_in_my_name")
        for kind in kinds:
            path = f"/v1/consumers/{self.consumer_id}/consents"
            self.consumer.send("POST", path, {"kind": kind, "text_version": TEXT})
        return f"{len(kinds)} consents recorded"

    def open_mailbox(self) -> str:
        """Give the print provider an address to call, as one would in its dashboard."""
        endpoint = self.owner.send("POST", "/v1/webhook-endpoints", {"provider": "lob"})
        tenant_id = self.story.facts["tenant_id"].replace("-", "")
        account = {
            "api_key": f"test_{tenant_id}",
            "webhook_url": endpoint["url"],
            "webhook_secret": endpoint["secret"],
        }
        self.sandbox.post("/sandbox/accounts", json=account).raise_for_status()
        clock = {"api_key": account["api_key"], "now": self.now.isoformat()}
        self.sandbox.post("/sandbox/clock", json=clock).raise_for_status()
        return "the sandbox print provider knows where to call"

    def connect(self) -> str:
        """The consumer lets the report provider in, in a browser of their own; their own export they bring by hand."""
        provider = "manual_upload" if self.own_report else "smartcredit"
        new = {"provider": provider, "text_version": TEXT}
        begun = self.consumer.send("POST", f"/v1/consumers/{self.consumer_id}/connections", new)
        self.connection = f"/v1/connections/{begun['connection_id']}"
        self.story.note(connection_id=begun["connection_id"])
        if begun["authorization_url"] is None:
            return "the consumer brings reports by hand"
        client_id = client_of(begun["authorization_url"])
        self.provider.know(client_id, self.password, [(_noon(day), raw) for day, raw in self.reports], self.now)
        self.provider.call(client_id, self.owner.send("POST", "/v1/webhook-endpoints", {"provider": provider}))
        back = self.provider.allow(begun["authorization_url"], self.password)
        self.consumer.send("POST", f"{self.connection}/callback", back)
        self.advance(self.now)
        return "the consumer allowed it on the provider's own page"

    def import_first(self) -> str:
        """The first report is there, with what else the provider shows."""
        if self.own_report:
            made = self.consumer.upload(f"{self.connection}/reports", self.reports[0][1])
            self.report_id = made["report_id"]
            self.story.facts["reports"] = [made]
            return f"{made['tradelines']} tradelines, {made['findings']} findings"
        said = self._came()
        scores, alerts = self.consumer.every("/v1/scores"), self.consumer.every("/v1/alerts")
        if not scores:
            raise WalkFailed("the provider shows no score")
        self.story.note(scores=len(scores), alerts=len(alerts))
        return f"{said}; {len(scores)} scores"

    def _came(self) -> str:
        """A report that the provider had not given before has been fetched, archived, read and searched."""
        row = self.consumer.get(self.connection)
        reports = self.story.facts.setdefault("reports", [])
        if row["last_report_id"] in (None, *(report["report_id"] for report in reports)):
            raise WalkFailed(f"no new report was fetched: {row['status']}, {row['trouble']}")
        self.report_id = row["last_report_id"]
        report = self.consumer.get(f"/v1/reports/{self.report_id}")
        reports.append({name: report[name] for name in ("report_id", "tradelines", "findings")})
        return f"{report['tradelines']} tradelines, {report['findings']} findings"

    def list_findings(self) -> str:
        """Read the tradelines and what was found in them."""
        tradelines = self.consumer.every(f"/v1/reports/{self.report_id}/tradelines")
        self.findings = self.consumer.every(f"/v1/reports/{self.report_id}/findings")
        kinds = Counter(finding["detector"] for finding in self.findings)
        self.story.note(tradeline_rows=len(tradelines), findings_by_detector=dict(sorted(kinds.items())))
        if not self.findings:
            raise WalkFailed("the report has no findings")
        return f"{len(tradelines)} rows at three bureaus; {len(kinds)} kinds of finding"

    def choose(self) -> str:
        """The consumer chooses findings, at every bureau that reports them."""
        wanted = [finding for finding in self.findings if self._is_wanted(finding)]
        selections = [{"finding_key": finding["finding_key"]} for finding in wanted[:50]]
        body = {"consumer_id": self.consumer_id, "report_id": self.report_id, "selections": selections}
        opened = self.consumer.send("POST", "/v1/disputes", body)
        self.disputes = [dispute["dispute_id"] for dispute in opened["disputes"]]
        bureaus = Counter(dispute["bureau"] for dispute in opened["disputes"])
        self.story.note(disputes=self.disputes, disputes_by_bureau=dict(bureaus))
        return f"{len(self.disputes)} disputes at {len(bureaus)} bureaus"

    def _is_wanted(self, finding: Json) -> bool:
        disputable = finding["reason"] is not None and finding["tradeline_id"] is not None
        if not disputable or finding["needs_consumer_confirm"]:
            return False
        return self.own_report or finding["detector"] in ITEMS_FROM

    def sign(self) -> str:
        """Letters have been drafted; the consumer signs them, and they are printed."""
        bureaus = len(self.story.facts["disputes_by_bureau"])
        drafted = self.consumer.until(
            "letters drafted", "/v1/letters", lambda items: len({item["bureau"] for item in items}) == bureaus
        )
        for letter in drafted:
            path = f"/v1/letters/{letter['letter_id']}"
            self.consumer.send(
                "POST",
                f"{path}/signature",
                {"signature_name": letter["signer"], "attestation_version": ATTESTATION},
                etag=self.consumer.etag(path),
            )
        self.letters = self.consumer.until("letters printed", "/v1/letters", self._all("status", "rendered"), 60)
        self.story.note(letters=[letter["letter_id"] for letter in self.letters])
        return f"{len(self.letters)} letters signed and printed"

    def approve(self) -> str:
        """The consumer reads the very bytes and approves their hash; then the operator does."""
        paths = []
        for letter in self.letters:
            path = f"/v1/letters/{letter['letter_id']}"
            pdf = self.consumer.bytes_of(f"{path}/pdf")
            if hashlib.sha256(pdf).hexdigest() != letter["pdf_sha256"]:
                raise WalkFailed("the PDF is not the one whose hash the letter names")
            paths.append(self._keep(letter, pdf))
            approval = {"pdf_sha256": letter["pdf_sha256"], "attestation_version": ATTESTATION}
            self.consumer.send("POST", f"{path}/approvals", approval, etag=self.consumer.etag(path))
        for letter in self.letters:
            path = f"/v1/letters/{letter['letter_id']}"
            self.operator.position = self.consumer.position
            approval = {"pdf_sha256": letter["pdf_sha256"]}
            self.operator.send("POST", f"{path}/approvals", approval, etag=self.operator.etag(path))
        self.story.note(pdfs=paths)
        return f"{len(paths)} letters approved twice, hash by hash"

    def _keep(self, letter: Json, pdf: bytes) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{letter['bureau']}-{letter['letter_id']}.pdf"
        path.touch(mode=0o600)
        path.write_bytes(pdf)
        return str(path)

    def post(self) -> str:
        """Addresses are verified and the letters handed to the print provider, each once."""
        mailings = self.operator.until(
            "letters posted",
            "/v1/mailings",
            lambda items: len(items) == len(self.letters) and self._all("status", "accepted")(items),
        )
        tenant_id = self.story.facts["tenant_id"].replace("-", "")
        answer = self.sandbox.get("/sandbox/ledger", params={"api_key": f"test_{tenant_id}"})
        self.story.note(mailings=[mailing["mailing_id"] for mailing in mailings], ledger=answer.json())
        return f"{len(mailings)} certified letters at the print provider"

    def deliver(self) -> str:
        """The carrier's scans come in by webhook, day by day, until every letter is delivered."""
        seen: list[str] = []
        for _ in range(24):
            self.advance(self.now + timedelta(hours=12))
            mailings = self.operator.every("/v1/mailings")
            seen += sorted({mailing["status"] for mailing in mailings} - set(seen))
            if self._all("status", "delivered")(mailings):
                received = sorted({mailing["received_on"] for mailing in mailings})
                self.story.note(mail_statuses=seen, received_on=received)
                on_the_way = ", ".join(seen[:-1]).replace("_", " ")
                return f"{on_the_way}; delivered on {', '.join(received)}"
        raise WalkFailed("not every letter was delivered within twelve days")

    def start_clocks(self) -> str:
        """Each dispute has its dates, from the day its bureau received the letter."""
        disputes = self.operator.until("clocks started", "/v1/disputes", self._all("status", "received"))
        deadlines = self.operator.every("/v1/deadlines")
        dates = {kind: sorted({d["due_on"] for d in deadlines if d["kind"] == kind}) for kind in _KINDS}
        if len(deadlines) != len(disputes) * len(_KINDS):
            raise WalkFailed("a dispute lacks a computed date")
        self.last_day = date.fromisoformat(dates["breach_assertable_on"][-1])
        self.story.note(deadlines=dates)
        return f"answers due {dates['statutory_due'][0]}, assertable after {dates['breach_assertable_on'][-1]}"

    def import_second(self) -> str:
        """Three weeks on, the provider says that there is a new report; it is compared with the first."""
        self.advance(_noon(self.reports[1][0]))
        said = self._came()
        evaluated = [dispute for dispute in self.operator.every("/v1/disputes") if dispute["outcome"]]
        shown = Counter(item["outcome"] for item in evaluated)
        if not {"deleted", "corrected"} <= set(shown):
            raise WalkFailed(f"the second report shows {dict(shown)}, where something was to be deleted and corrected")
        if not all(item["provisional"] for item in evaluated):
            raise WalkFailed("an outcome was not provisional")
        self.story.note(outcomes=dict(shown))
        return f"{said}; provisionally {', '.join(f'{n} {what}' for what, n in sorted(shown.items()))}"

    def confirm(self) -> str:
        """The operator confirms what was deleted and corrected, and those disputes close."""
        closed = 0
        for dispute in self.operator.every("/v1/disputes", status="evaluated"):
            if dispute["outcome"] in ("deleted", "corrected"):
                path = f"/v1/disputes/{dispute['dispute_id']}"
                self.operator.send("POST", f"{path}/confirm", etag=self.operator.etag(path))
                closed += 1
        found = self.operator.every("/v1/disputes", status="closed")
        if not closed or len(found) != closed:
            raise WalkFailed("the confirmed disputes are not closed")
        self.story.note(closed=closed)
        return f"{closed} disputes closed"

    def overdue(self) -> str:
        """The day after the last assertable date, silence is a breach: a task and a message say so."""
        self.advance(_noon(self.last_day + timedelta(days=1)))
        late = self.operator.until(
            "the rest overdue", "/v1/disputes", lambda items: not any(item["status"] == "received" for item in items)
        )
        overdue = [dispute for dispute in late if dispute["status"] == "overdue"]
        about = {dispute["dispute_id"] for dispute in overdue}
        tasks = self.operator.until(
            "tasks opened",
            "/v1/tasks",
            lambda items: about <= {item["about_id"] for item in items},
            kind="overdue_dispute",
        )
        messages = self.consumer.until(
            "messages sent",
            "/v1/notifications",
            lambda items: about <= {item["about_id"] for item in items if item["kind"] == "answer_overdue"},
        )
        if not overdue:
            raise WalkFailed("no dispute is overdue")
        statuses = Counter(dispute["status"] for dispute in late)
        self.story.note(overdue=len(overdue), statuses=dict(statuses), tasks=len(tasks), notifications=len(messages))
        return f"{len(overdue)} overdue, {len(tasks)} tasks, {len(messages)} messages"

    def import_third(self) -> str:
        """Later still, a deleted account is reported again: the consumer disputes it anew."""
        self.advance(_noon(self.reports[2][0]))
        said = self._came()
        back = [item for item in self.operator.every("/v1/disputes") if item["outcome"] == "reinserted"]
        if not back:
            raise WalkFailed("the third report shows no deleted account again")
        found = self.consumer.every(f"/v1/reports/{self.report_id}/findings")
        if sum(finding["detector"] == _BACK_AGAIN for finding in found) != len(back):
            raise WalkFailed("the findings of the third report do not say which account is back")
        reopened = []
        for dispute in back:
            opened = self.consumer.send("POST", f"/v1/disputes/{dispute['dispute_id']}/reopen")
            reopened += [again["dispute_id"] for again in opened["disputes"]]
        tasks = self.operator.every("/v1/tasks", kind="reinserted_item")
        if {task["about_id"] for task in tasks} != {dispute["dispute_id"] for dispute in back}:
            raise WalkFailed("an account that came back has no task")
        letters = self.consumer.until(
            "a letter drafted", "/v1/letters", lambda items: any(item["status"] == "draft" for item in items)
        )
        drafted = sum(letter["status"] == "draft" for letter in letters)
        pulls = self.consumer.every(f"{self.connection}/pulls")
        self.story.note(reinserted=len(back), reopened=reopened, pulls=[pull["cause"] for pull in pulls[::-1]])
        return f"{said}; {len(back)} account is back and disputed anew; {drafted} letter waits for the consumer"

    def nothing_set_aside(self) -> str:
        """No job of the walk failed for good."""
        buried = self.owner.get("/v1/jobs", state="buried", limit=100)
        if buried:
            raise WalkFailed(f"{len(buried)} jobs were set aside; `sfdify jobs list --state buried` names them")
        self.story.note(buried_jobs=0)
        return "every job was done"

    def advance(self, to: datetime) -> None:
        """Move the tenant's clock, and wait until all that fell due has been worked off."""
        moved = self.owner.send("POST", "/v1/tenant/clock", {"to": to.isoformat(), "wait": True})
        if not moved["quiet"]:
            raise WalkFailed(f"the work of {to.date()} did not come to rest")
        self.now = to

    @staticmethod
    def _all(name: str, value: str) -> Callable[[list[Json]], bool]:
        return lambda items: bool(items) and all(item[name] == value for item in items)


def _noon(day: date) -> datetime:
    """When things happen on a day of the walk: 15:00 UTC, during office hours everywhere in the country."""
    return datetime.combine(day, time(15), tzinfo=UTC)


_BACK_AGAIN = "D46"
_KINDS = ("statutory_due", "results_due", "breach_assertable_on")


def read_json(path: Path) -> Json:
    """One of the committed samples."""
    found: Json = json.loads(path.read_text())
    return found
