"""What the product says about itself: JSON log lines without personal data, and Prometheus figures."""

from __future__ import annotations

import copy
import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TextIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from infrastructure.redaction import redact

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SECONDS: Final = (0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
log = structlog.get_logger(__name__)
_OURS: Final = frozenset({"api", "application", "domain", "infrastructure", "projections", "sfdify"})
_SERVER: Final = "uvicorn"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def configure_logging(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send every log line of the process, also the libraries' own, to `stream` (standard error) as redacted JSON."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _place_of_error,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        _FixedWords(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _redacted, _as_json],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    logging.getLogger("httpx").setLevel(max(level, logging.WARNING))  # a line for each call, with its address


class _FixedWords(structlog.stdlib.ProcessorFormatter):
    """Of a library's own line only its fixed words are kept: what it fills in may be anything. What the product's
    own modules fill in, ids and kinds of failures, is kept and masked like every text; so is what the server tells of
    itself: its process, where it listens, how many requests it cut off."""

    def format(self, record: logging.LogRecord) -> str:
        if not isinstance(record.msg, dict) and record.name.partition(".")[0] not in {*_OURS, _SERVER}:
            record = copy.copy(record)
            record.args = ()
        return super().format(record)


def _place_of_error(_: Any, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception becomes its type and the places it passed; its message may quote what a person sent."""
    raised = fields.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        fields.update(facts_of_error(error))
    fields.pop("stack_info", None)
    fields.pop("exception", None)
    return fields


def facts_of_error(error: BaseException) -> dict[str, Any]:
    """What may be logged of an error: its type and the last places it passed, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    places = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error_type": type(error).__name__, "places": places}


def _short(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:])


def _redacted(_: Any, __: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return redact(fields)


def _as_json(_: Any, __: str, fields: MutableMapping[str, Any]) -> str:
    return orjson.dumps(fields, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


@dataclass(frozen=True)
class JobCount:
    """How many jobs of a queue are in a state (`ready`, `running`, `buried`)."""

    queue: str
    state: str
    count: int


class Metrics:
    """The process's own registry. A tenant is never a label: figures are about the service, not its customers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        labels = ("method", "route", "status")
        self._requests = Counter("sfdify_http_requests", "Requests answered", labels, registry=self.registry)
        self._seconds = Histogram(
            "sfdify_http_request_seconds", "Time to answer", labels, registry=self.registry, buckets=SECONDS
        )

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request under its route template (`/v1/disputes/{id}`), never under its path."""
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route, str(status)).observe(seconds)

    def watch(
        self,
        *,
        projection_lag: Callable[[], Mapping[str, float]] | None = None,
        jobs: Callable[[], Iterable[JobCount]] | None = None,
        horizon_age: Callable[[], float] | None = None,
    ) -> None:
        """Add figures that are read from Postgres at each scrape: lag in seconds by projection, jobs by queue and
        state, and the age in seconds of the oldest transaction that holds the log's horizon (0: none does)."""
        self.registry.register(_AtScrape(projection_lag, jobs, horizon_age))

    def render(self) -> bytes:
        """The Prometheus text, to be sent as `CONTENT_TYPE`."""
        return generate_latest(self.registry)


class _AtScrape(Collector):
    """Reads figures when they are asked for; one that cannot be read is missing and reported as such."""

    def __init__(
        self,
        projection_lag: Callable[[], Mapping[str, float]] | None,
        jobs: Callable[[], Iterable[JobCount]] | None,
        horizon_age: Callable[[], float] | None,
    ) -> None:
        self._lag, self._jobs, self._horizon = projection_lag, jobs, horizon_age

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        text = "Whether a figure could be read (1) or not (0)"
        readable = GaugeMetricFamily("sfdify_scrape_ok", text, None, ["figure"])
        for name, read in (("projection_lag", self._lags), ("jobs", self._counts), ("horizon_age", self._ages)):
            try:
                found = read()
            except Exception as error:  # noqa: BLE001  one unreadable figure must not hide the others
                log.warning("figure_unreadable", figure=name, error_type=type(error).__name__)
                readable.add_metric([name], 0)
                continue
            if found is not None:
                readable.add_metric([name], 1)
                yield found
        yield readable

    def _lags(self) -> Metric | None:
        if self._lag is None:
            return None
        family = GaugeMetricFamily(
            "sfdify_projection_lag_seconds", "Age of the oldest event a projection has not seen", None, ["projection"]
        )
        for name, seconds in self._lag().items():
            family.add_metric([name], seconds)
        return family

    def _counts(self) -> Metric | None:
        if self._jobs is None:
            return None
        family = GaugeMetricFamily("sfdify_jobs", "Jobs by queue and state", None, ["queue", "state"])
        for job in self._jobs():
            family.add_metric([job.queue, job.state], job.count)
        return family

    def _ages(self) -> Metric | None:
        if self._horizon is None:
            return None
        text = "Age of the oldest transaction that keeps later events from being read"
        return GaugeMetricFamily("sfdify_horizon_age_seconds", text, self._horizon())
