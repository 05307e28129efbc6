"""The processes of one installation: a child that ends is named, and none is left behind."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from infrastructure.stack import Stack, StackFailed, free_port


def test_a_free_port_can_be_taken() -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert taken.getsockname()[1] == port


def test_a_child_that_ends_at_once_is_named_and_its_output_kept(tmp_path: Path) -> None:
    stack = Stack(
        url="http://127.0.0.1:1",
        commands={"odd": ["no-such-command"]},
        ready={"odd": f"http://127.0.0.1:{free_port()}/"},
        logs=tmp_path / "logs",
    )
    with pytest.raises(StackFailed, match="odd ended with status 2"), stack:
        raise AssertionError("it never became ready")
    assert "no-such-command" in (tmp_path / "logs" / "odd.log").read_text()
