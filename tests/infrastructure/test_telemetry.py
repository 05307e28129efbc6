from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from infrastructure.telemetry import JobCount, Metrics
from tests.support.logs import captured_logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    with captured_logs() as stream:
        yield stream


def logged(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_is_json_with_its_allowed_fields(lines: io.StringIO) -> None:
    structlog.get_logger("jobs").info("job_buried", queue="mail_send", attempts=3, ssn="123-45-6789", note="Ann")
    (line,) = logged(lines)
    assert (line["event"], line["level"], line["logger"]) == ("job_buried", "info", "jobs")
    assert (line["queue"], line["attempts"], line["redacted"]) == ("mail_send", 3, 2)
    assert "timestamp" in line
    assert "Ann" not in lines.getvalue()
    assert "45-6789" not in lines.getvalue()


def test_values_in_allowed_fields_are_masked(lines: io.StringIO) -> None:
    structlog.get_logger().warning("mail to ann@example.com bounced", queue="123-45-6789")
    (line,) = logged(lines)
    assert line["event"] == "mail to [email] bounced"
    assert line["queue"] == "[ssn]"


def test_of_a_library_s_line_only_the_fixed_words_stay(lines: io.StringIO) -> None:
    logging.getLogger("somelib").error("cannot store %s for %s", "value", "Ann Example")
    (line,) = logged(lines)
    assert line["event"] == "cannot store %s for %s"
    assert (line["level"], line["logger"]) == ("error", "somelib")


def fail() -> None:
    raise ValueError("Ann Example has SSN 123-45-6789")


@pytest.mark.parametrize("library", [False, True])
def test_an_error_is_its_type_and_place_without_its_message(lines: io.StringIO, library: bool) -> None:
    try:
        fail()
    except ValueError:
        if library:
            logging.getLogger("somelib").exception("failed")
        else:
            structlog.get_logger().exception("failed")
    (line,) = logged(lines)
    assert line["error_type"] == "ValueError"
    places = line["places"]
    assert isinstance(places, list)
    assert places[-1].endswith(" fail")
    assert "Ann" not in lines.getvalue()


def test_our_own_modules_say_which_job_failed_and_are_masked_all_the_same(lines: io.StringIO) -> None:
    job = UUID("01a204a2-906d-7948-a3ca-da544052d5cd")
    logging.getLogger("infrastructure.leases").warning("job %s queue=%s failed: %s", job, "mail_send", "ValueError")
    logging.getLogger("sfdify.projecting").error("parked: %s", "ann@example.com")
    failed, parked = logged(lines)
    assert failed["event"] == f"job {job} queue=mail_send failed: ValueError"
    assert parked["event"] == "parked: [email]"


def test_the_server_says_which_process_it_is_and_where_it_listens(
    lines: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    server = logging.getLogger("uvicorn.error")
    caplog.set_level(logging.INFO, logger=server.name)  # a quiet server of another test may have run before
    server.info("Started server process [%d]", 4711)
    server.info("Uvicorn running on %s://%s:%d (Press CTRL+C to quit)", "http", "127.0.0.1", 8321)
    server.warning("Cannot serve %s", "ann@example.com")
    assert [line["event"] for line in logged(lines)] == [
        "Started server process [4711]",
        "Uvicorn running on http://127.0.0.1:8321 (Press CTRL+C to quit)",
        "Cannot serve [email]",
    ]


def test_calls_to_others_make_no_line_of_their_own(lines: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: %s", "GET https://example.com/?name=Ann")
    assert lines.getvalue() == ""


def test_fields_bound_to_the_request_are_on_every_line(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        structlog.get_logger().info("one")
        logging.getLogger("lib").warning("two")
    structlog.get_logger().info("three")
    assert [line.get("request_id") for line in logged(lines)] == ["req_1", "req_1", None]


def test_the_level_is_kept_and_access_lines_of_the_server_are_silent(lines: io.StringIO) -> None:
    structlog.get_logger().debug("too quiet")
    logging.getLogger("uvicorn.access").info("GET /v1/consumers?ssn=1")
    assert lines.getvalue() == ""


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.render().decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def test_requests_are_counted_and_timed_by_template_method_and_status() -> None:
    metrics = Metrics()
    metrics.observe_request("GET", "/v1/disputes/{id}", 200, 0.012)
    metrics.observe_request("GET", "/v1/disputes/{id}", 200, 0.4)
    metrics.observe_request("BREW", "unmatched", 405, 0.001)
    labels = (("method", "GET"), ("route", "/v1/disputes/{id}"), ("status", "200"))
    found = samples(metrics)
    assert found["sfdify_http_requests_total", labels] == 2
    assert found["sfdify_http_request_seconds_count", labels] == 2
    assert found["sfdify_http_request_seconds_bucket", (("le", "0.015"), *labels)] == 1
    assert found["sfdify_http_requests_total", (("method", "other"), ("route", "unmatched"), ("status", "405"))] == 1


def test_figures_are_read_at_each_scrape() -> None:
    lag = {"disputes": 0.5}

    def jobs() -> Iterable[JobCount]:
        return [JobCount("mail_send", "ready", 3), JobCount("mail_send", "buried", 1)]

    metrics = Metrics()
    metrics.watch(projection_lag=lambda: lag, jobs=jobs, horizon_age=lambda: 0.25)
    assert samples(metrics)["sfdify_projection_lag_seconds", (("projection", "disputes"),)] == 0.5
    lag["disputes"] = 2.0
    found = samples(metrics)
    assert found["sfdify_projection_lag_seconds", (("projection", "disputes"),)] == 2.0
    assert found["sfdify_jobs", (("queue", "mail_send"), ("state", "buried"))] == 1
    assert found["sfdify_horizon_age_seconds", ()] == 0.25
    assert found["sfdify_scrape_ok", (("figure", "jobs"),)] == 1


def test_a_figure_that_cannot_be_read_hides_no_other(lines: io.StringIO) -> None:
    def broken() -> Mapping[str, float]:
        raise OSError("connection to 10.0.0.1 lost")

    metrics = Metrics()
    metrics.watch(projection_lag=broken, horizon_age=lambda: 1.0)
    found = samples(metrics)
    assert found["sfdify_scrape_ok", (("figure", "projection_lag"),)] == 0
    assert found["sfdify_horizon_age_seconds", ()] == 1.0
    assert not any(name == "sfdify_projection_lag_seconds" for name, _ in found)
    assert logged(lines)[0]["error_type"] == "OSError"
    assert "10.0.0.1" not in lines.getvalue()
