"""Reading ahead: the next batch is decoded while the database writes the last one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from infrastructure.projecting.log import Batch, Decode, read
from infrastructure.projecting.positions import connect

_Request = tuple[int, int, int]


class ReadAhead:
    """A second session that reads the log for a replay. `wanted` says which topics are worth decoding early."""

    def __init__(self, projector_url: str, wanted: Callable[[str], bool], decode: Decode) -> None:
        self._conn = connect(projector_url, "reading ahead")
        self._wanted, self._decode = wanted, decode
        self._thread = ThreadPoolExecutor(1)
        self._coming: tuple[_Request, Future[Batch]] | None = None

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()
        self._conn.close()

    def read(self, after: int, limit: int, upto: int) -> Batch:
        """As `log.read`, and begins with what follows. Raises psycopg.Error."""
        request, coming = self._coming or ((-1, 0, 0), None)
        batch = coming.result() if coming else Batch([])
        if request != (after, limit, upto) or not batch.rows:
            batch = self._thread.submit(self._fetch, after, limit, upto).result()
        self._coming = None
        if len(batch.rows) == limit:
            following = (batch.last, limit, upto)
            self._coming = following, self._thread.submit(self._fetch, *following)
        return batch

    def _fetch(self, after: int, limit: int, upto: int) -> Batch:
        batch = read(self._conn, after, limit, upto)
        batch.decode_ahead(self._wanted, self._decode)
        return batch
