"""A client that costs a load test little: HTTP/1.1 over kept connections, and nothing else.

A full client spends more of the machine on a request than the API does, and on a small machine that shows in the
API's times. This one reads only what uvicorn sends: a head, and a body of a stated length.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ANSWER_WITHIN_S: Final = 30.0


class Unanswered(Exception):
    """The connection broke, or no answer came in time."""


@dataclass(frozen=True)
class Answer:
    """What came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the request was carried out."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def or_fail(self) -> Answer:
        """This answer, unless it refuses. Raises Unanswered with the status."""
        if not self.is_success:
            raise Unanswered(f"{self.status} {self.body[:120].decode(errors='replace')}")
        return self


@dataclass
class LeanHttp:
    """Connections to one address, as many as are in use at once. `headers` go with every request."""

    host: str
    port: int
    headers: dict[str, str] = field(default_factory=dict)
    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> Answer:
        """Read; names of headers are given with underscores."""
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Send JSON."""
        return await self._ask("POST", path, json.dumps(body).encode(), headers)

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        given = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        lines += [f"{name}: {value}" for name, value in given.items()]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        request = "\r\n".join([*lines, "\r\n"]).encode() + (body or b"")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                reader, writer = self._kept() or await asyncio.open_connection(self.host, self.port)
                writer.write(request)
                answer = await _read(reader)
        except (OSError, EOFError, TimeoutError) as error:
            raise Unanswered(type(error).__name__) from None
        if answer.headers.get("connection") == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return answer


    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Answer(int(head[0].split()[1]), headers, await reader.readexactly(int(headers.get("content-length", "0"))))
