"""A sandbox on a port, in a thread, whose connections can be cut."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from infrastructure.sandbox.ledger import Ledger
from infrastructure.sandbox.serving import Sandbox, in_a_thread


class Small(Sandbox):
    def __init__(self, home: Path, starts: bool = True) -> None:
        super().__init__("127.0.0.1", 0)

        async def hello(_request: Request) -> Response:
            return PlainTextResponse("hello")

        async def cut(request: Request) -> Response:
            self.cut(request)
            return PlainTextResponse("never read")

        def broken(_app: Starlette) -> None:
            raise RuntimeError("it cannot start")

        routes = [Route("/hello", hello), Route("/cut", cut)]
        app = Starlette(routes=routes) if starts else Starlette(lifespan=broken)  # type: ignore[arg-type]
        self._serve(app, Ledger(home, "files"))


def test_it_answers_until_the_end_of_the_block(tmp_path: Path) -> None:
    small = Small(tmp_path)
    assert not small.started
    with in_a_thread(small):
        assert small.started
        assert httpx.get(f"{small.base_url}/hello", trust_env=False).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{small.base_url}/hello", trust_env=False)


def test_a_connection_is_cut_and_the_next_one_is_not(tmp_path: Path) -> None:
    with in_a_thread(Small(tmp_path)) as small:
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{small.base_url}/cut", trust_env=False)
        assert httpx.get(f"{small.base_url}/hello", trust_env=False).text == "hello"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_that_cannot_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="did not start"), in_a_thread(Small(tmp_path, starts=False)):
        pass
