"""The provider's objects as its API shows them: addresses, letters, tracking events, webhook events."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from infrastructure.sandbox.print_provider.schedule import Step, expected_delivery
from infrastructure.sandbox.print_provider.state import Event, Letter

ASSET_SECONDS: Final = 30 * 86_400
"""How long a signed link to a proof works."""

_REDACTED: Final = ("metadata", "description", "to", "from", "url", "merge_variables")
_TOLD_IN_TEST: Final = ("letter.created", "letter.rendered_pdf", "letter.deleted", "letter.failed")


def timestamp(instant: datetime) -> str:
    """An instant in Lob's form."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def address_object(entry: dict[str, Any]) -> dict[str, Any]:
    """An address; the provider writes everything in capitals and the country in full."""
    created = timestamp(datetime.fromisoformat(entry["created_at"]))
    fields = entry["fields"]
    shouted = ("name", "company", "address_line1", "address_line2", "address_city", "address_state")
    return {
        "id": entry["id"],
        "description": fields["description"],
        **{name: fields[name].upper() if fields[name] else None for name in shouted},
        "phone": fields["phone"],
        "email": fields["email"],
        "address_zip": fields["address_zip"],
        "address_country": "UNITED STATES",
        "metadata": fields["metadata"],
        "date_created": created,
        "date_modified": created,
        "object": "address",
    }


def letter_object(letter: Letter, now: datetime, url: str) -> dict[str, Any]:
    """A letter as it stands at an instant."""
    happened = list(letter.happened(now))
    types = {step.type for step in happened}
    scans = [step for step in happened if step.name]
    fields = letter.entry["fields"]
    created, certified = timestamp(letter.accepted_at), fields["extra_service"] is not None
    return {
        "id": letter.id,
        "description": fields["description"],
        "metadata": fields["metadata"],
        "to": _inline(letter, "to", created),
        "from": _inline(letter, "sender", created),
        "color": fields["color"],
        "double_sided": fields["double_sided"],
        "address_placement": fields["address_placement"],
        "return_envelope": False,
        "perforated_page": None,
        "custom_envelope": None,
        "cards": None,
        "buckslips": None,
        "extra_service": fields["extra_service"],
        "mail_type": fields["mail_type"],
        "use_type": fields["use_type"],
        "fsc": False,
        "url": url,
        "carrier": "USPS",
        "status": _status(types),
        "tracking_number": tracking_number(letter.id) if certified and scans else None,
        "tracking_events": [tracking_object(letter, step, certified) for step in scans],
        "thumbnails": [],
        "merge_variables": None,
        "expected_delivery_date": expected_delivery(letter.accepted_at).isoformat(),
        "date_created": created,
        "date_modified": timestamp(happened[-1].at) if happened else created,
        "send_date": created,
        **({"deleted": True} if "letter.deleted" in types else {}),
        "object": "letter",
    }


def tracking_object(letter: Letter, step: Step, certified: bool) -> dict[str, Any]:
    """One scan. Only certified mail has details."""
    when = timestamp(step.at)
    details = {"event": step.detail, "description": step.description, "action_required": step.action_required}
    return {
        "id": "evnt_" + sha256(f"{letter.id} {step.name} {when}".encode()).hexdigest()[:15],
        "type": "certified" if certified else "normal",
        "name": step.name,
        "time": when,
        "location": letter.entry["to"]["address_zip"][:5],
        "details": details if certified else None,
        "date_created": when,
        "date_modified": when,
        "object": "tracking_event",
    }


def event_object(event: Event, url: str) -> dict[str, Any]:
    """A webhook event with the letter as it was then, redacted as Lob does by default."""
    body: dict[str, Any] = {"id": event.letter.id, "deleted": True}
    if event.step.type != "letter.deleted":
        whole = letter_object(event.letter, event.step.at, url)
        body = {name: "REDACTED" if name in _REDACTED and value else value for name, value in whole.items()}
        body["tracking_events"] = _up_to(body["tracking_events"], event.letter, event.step)
    return {
        "id": event.id,
        "event_type": {
            "id": event.step.type,
            "enabled_for_test": event.step.type in _TOLD_IN_TEST,
            "resource": "letters",
            "object": "event_type",
        },
        "reference_id": event.letter.id,
        "date_created": timestamp(event.step.at),
        "body": body,
        "object": "event",
    }


def tracking_number(letter_id: str) -> str:
    """A number in the form of certified mail, always the same for a letter."""
    return "9407" + str(int(sha256(letter_id.encode()).hexdigest(), 16))[:18]


def asset_signature(letter_id: str, expires: int, secret: bytes) -> str:
    """The signature in a link to a proof."""
    return hmac.new(secret, f"{letter_id}.{expires}".encode(), sha256).hexdigest()[:32]


def _inline(letter: Letter, role: str, created: str) -> dict[str, Any]:
    entry = {
        "id": "adr_" + sha256(f"{letter.id} {role}".encode()).hexdigest()[:16],
        "fields": letter.entry[role],
        "created_at": letter.accepted_at.isoformat(),
    }
    return {**address_object(entry), "deleted": True, "date_created": created, "date_modified": created}


def _status(types: set[str]) -> str:
    if "letter.failed" in types:
        return "failed"
    return "rendered" if "letter.rendered_pdf" in types else "processed"


def _up_to(scans: Sequence[dict[str, Any]], letter: Letter, step: Step) -> list[dict[str, Any]]:
    names = [one.name for one in letter.steps if one.name]
    known = names[: names.index(step.name) + 1] if step.name else []
    return [scan for scan in scans if scan["name"] in known]
