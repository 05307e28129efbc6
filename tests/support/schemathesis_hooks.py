"""How requests are made from the API's document: its own text formats, fresh keys, real cursors, things that exist.

Read by schemathesis in a process of its own; the test that starts it says by environment what there is.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import schemathesis
from hypothesis import strategies as st

from api.etags import etag
from api.pages import Cursors, Keyset, List, SortValue
from api.positions import encode_position
from domain.addresses import printable_line
from infrastructure.passwords import UnfitPassword, check_fitness

KNOWN: dict[str, str] = json.loads(os.environ["SFDIFY_TRIAL_KNOWN"])
TENANT = UUID(os.environ["SFDIFY_TRIAL_TENANT"])
CURSORS = Cursors(bytes.fromhex(os.environ["SFDIFY_TRIAL_CURSORS"]))
SORTED_BY: dict[str, str] = json.loads(os.environ["SFDIFY_TRIAL_LISTS"])
MIDDLE: dict[str, SortValue] = {
    "int": 3, "str": "m", "datetime": datetime(2026, 3, 3, tzinfo=UTC), "date": date(2026, 4, 1)
}  # fmt: skip


COLUMNS = {("/v1/reports/{report_id}/findings", "bureau"): "bureaus"}
"""Filters that are called otherwise than the column they look at."""


def _is_line(text: str) -> bool:
    try:
        return bool(printable_line(text)) and "," not in text
    except ValueError:
        return False


def _is_fit(text: str) -> bool:
    try:
        check_fitness(text)
    except UnfitPassword:
        return False
    return True


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
_INSTANTS = st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat(timespec="seconds"))
schemathesis.openapi.format("idempotency-key", st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
schemathesis.openapi.format("cursor", st.just("next-page"))
schemathesis.openapi.format("event-position", st.integers(0, 600 << 20).map(encode_position))
schemathesis.openapi.format("etag", st.builds(etag, st.integers(0, 30), st.integers(0, 2**62)) | st.just("*"))
schemathesis.openapi.format("line", st.lists(_WORDS, min_size=1, max_size=3).map(" ".join).filter(_is_line))
schemathesis.openapi.format(
    "new-password",
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=12, max_size=128).filter(_is_fit),
)
schemathesis.openapi.format(
    "as-of", st.integers(1, 999).map(str) | _INSTANTS.filter(lambda text: len(text) in (20, 25))
)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Each intent has a new key; half the ids name what exists; cursors are as the API itself would give them."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) <= 255 and all("!" <= character <= "~" for character in key):
        case.headers["Idempotency-Key"] = key[:223] + uuid4().hex
    for parameters in (case.path_parameters, case.query):
        for name, value in (parameters or {}).items():
            if name in KNOWN and _chooses_known(name, value):
                parameters[name] = KNOWN[name]
    if case.path in SORTED_BY and (case.query or {}).get("cursor") == "next-page":
        case.query["cursor"] = _cursor(case)
    if case.path == "/v1/tenant/policies" and isinstance(case.body, dict):
        _leave_room(case.body)


def _chooses_known(name: str, value: object) -> bool:
    if name in ("finding_key", "endpoint_id"):
        return isinstance(value, str) and len(value) == len(KNOWN[name]) and value[-1] in "02468ace"
    try:
        return UUID(str(value)).int % 2 == 0
    except ValueError:
        return False


def _cursor(case: Any) -> str:
    given = {**(case.path_parameters or {}), **case.query}
    named = {"true": "True", "false": "False"}
    skipped = ("cursor", "limit", "position")
    filters = {
        COLUMNS.get((case.path, name), name): named.get(str(value), str(value))
        for name, value in given.items()
        if name not in skipped
    }
    after = Keyset(MIDDLE[SORTED_BY[case.path]], uuid4())
    return CURSORS.issue(List(TENANT, case.path, {**filters, "own case": None}), after)


def _leave_room(policies: dict[str, Any]) -> None:
    """Allowed limits become wide ones, or the trial would end at the first of them."""
    for name in ("requests_per_minute_user", "requests_per_minute_tenant"):
        limit = policies.get(name)
        if isinstance(limit, int | float) and not isinstance(limit, bool) and 1 <= limit <= 1_000_000:
            policies[name] = 1_000_000
