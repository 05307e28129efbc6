"""Keeps the live projections up with the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event as Flag
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection

from infrastructure.projecting.applying import describe
from infrastructure.projecting.collector import unhurried
from infrastructure.projecting.log import Decode
from infrastructure.projecting.positions import connect
from infrastructure.projecting.reader import Reader
from infrastructure.projecting.tables import ensure
from projections.kernel import Projection

EVENTS_CHANNEL: Final[LiteralString] = "sfdify_events"

_NOTIFY_EVERY_S: Final = 0.05
_SETTLE_S: Final = 0.002
_LOST: Final = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)
"""InternalError is what a session hears that the server ended because its process slept inside a transaction."""
_log = logging.getLogger("sfdify.projecting")


class Runner:
    """Moves every projection that no other process owns, and stands by for the others.

    `transient` names further errors of the decoder that will pass, beside a database or key service that does
    not answer: they delay a projection, they never park an event.
    """

    def __init__(
        self,
        projector_url: str,
        projections: Sequence[Projection],
        decode: Decode,
        *,
        batch: int = 500,
        poll_s: float = 0.25,
        transient: tuple[type[Exception], ...] = (),
    ) -> None:
        self._url, self._projections, self._decode = projector_url, tuple(projections), decode
        self._batch, self._poll_s, self._transient = batch, poll_s, transient

    def run(self, stop: Flag) -> None:
        """Work until `stop` is set. A lost database is waited for; raises psycopg.Error when it refuses us."""
        pause = 0.1
        while not stop.is_set():
            try:
                with self._reader() as reader, Doorbell(self._url) as bell:
                    pause = 0.1
                    self._serve(reader, bell, stop)
            except _LOST as error:
                _log.warning("projector lost its database: %s", describe(error))
                stop.wait(pause)
                pause = min(pause * 2, 5.0)

    def drain(self, timeout_s: float = 60.0) -> int:
        """Apply everything the log holds, as far as nobody else owns it. Returns how many events were read.

        Raises TimeoutError when a projection, or an open transaction somewhere, does not let it finish.
        """
        until = time.monotonic() + timeout_s
        with self._reader() as reader:
            reader.adopt()
            while reader.step() or reader.is_behind():
                if time.monotonic() > until:
                    raise TimeoutError(f"projections did not reach the end of the log in {timeout_s:.0f} s")
                time.sleep(reader.nap(_SETTLE_S))
            reader.tidy()
            reader.announce()
            return reader.events

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        with unhurried(), connect(self._url, "projector") as conn:
            ensure(conn, self._projections)
            yield Reader(conn, self._projections, self._decode, self._batch, self._transient)

    def _serve(self, reader: Reader, bell: Doorbell, stop: Flag) -> None:
        settle = _SETTLE_S
        while not stop.is_set():
            reader.adopt()
            announced, moved = time.monotonic(), False
            while not stop.is_set() and reader.step():
                moved = True
                if time.monotonic() - announced > _NOTIFY_EVERY_S:
                    reader.announce()
                    announced, moved = time.monotonic(), False
            if moved:
                reader.announce()
            reader.tidy()
            behind = reader.is_behind()
            settle = min(settle * 2, 0.05) if behind and not moved else _SETTLE_S
            bell.wait(stop, reader.nap(settle if behind else self._poll_s))


class Doorbell:
    """Hears that something was appended. Without a connection it only waits: the poll goes on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: Connection[Any] | None = None

    def __enter__(self) -> Doorbell:
        return self

    def __exit__(self, *_: object) -> None:
        if self._conn is not None:
            self._conn.close()

    def wait(self, stop: Flag, seconds: float) -> None:
        """Return after `seconds`, or as soon as there may be events."""
        try:
            if self._conn is None or self._conn.closed:
                self._conn = connect(self._url, "projector listening")
                self._conn.execute("LISTEN " + EVENTS_CHANNEL)
                return
            for _ in self._conn.notifies(timeout=seconds, stop_after=1):
                return
        except psycopg.OperationalError:
            self._conn = None
            stop.wait(seconds)
