"""The process's log lines as a test sees them, with logging put back as it was."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from infrastructure.telemetry import configure_logging


@contextmanager
def captured_logs() -> Iterator[io.StringIO]:
    """Everything logged meanwhile, as the product writes it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    lines = io.StringIO()
    configure_logging(lines)
    try:
        yield lines
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
