"""What is written is taken as it is written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.written import Count, Day, EmailAddress, Instant, Truth


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        (Day, "2026-02-01", date(2026, 2, 1)),
        (Day, date(2026, 2, 1), date(2026, 2, 1)),
        (Instant, "2026-02-01T12:00:00Z", datetime(2026, 2, 1, 12, tzinfo=UTC)),
        (Instant, "2026-02-01t13:00:00.25+01:00", datetime(2026, 2, 1, 12, 0, 0, 250_000, tzinfo=UTC)),
        (Instant, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        (Count, 5, 5),
        (Count, 5.0, 5),
        (Truth, False, False),
        (EmailAddress, "jörg@example.com", "jörg@example.com"),
    ],
)
def test_what_is_written_rightly_is_read(kind: Any, written: object, read: object) -> None:
    assert TypeAdapter(kind).validate_python(written) == read


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Day, 0),
        (Day, "0"),
        (Day, "2026-02-01T00:00:00Z"),
        (Day, "2026-02-30"),
        (Day, True),
        (Instant, 1_700_000_000),
        (Instant, "1700000000"),
        (Instant, "2026-02-01T12:00:00"),
        (Instant, "2026-02-01"),
        (Instant, "2026-02-01 12:00:00Z"),
        (Instant, datetime(2026, 2, 1)),  # noqa: DTZ001 the missing offset is the point
        (Count, "5"),
        (Count, True),
        (Count, 5.5),
        (Truth, "true"),
        (Truth, 1),
        (EmailAddress, "none"),
        (EmailAddress, "a@b@c"),
        (EmailAddress, "a b@c"),
        (EmailAddress, "a\u0085@c"),
        (EmailAddress, "a\u2003@c"),
        (EmailAddress, "a\x00@c"),
    ],
)
def test_what_only_looks_like_it_is_refused(kind: Any, written: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(written)
