"""Commands that keep running: what they are made of, and what they refuse. Journeys run them for real."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from api.cli.running import stack_of, supervisor_of
from infrastructure.settings import Settings
from tests.support.commands import Commands
from tests.support.journey import sfdify


def test_the_sandbox_runs_only_where_nothing_real_is_configured(tmp_path: Path) -> None:
    embedded = stack_of(Settings(home=tmp_path))
    assert list(embedded.commands) == ["sandbox", "feed", "api", "worker", "projector"]
    real = stack_of(Settings(home=tmp_path, lob_api_key="test_x", lob_base_url="https://print.example/v1"))
    assert list(real.commands) == ["feed", "api", "worker", "projector"]
    elsewhere = stack_of(Settings(home=tmp_path, feed_url_override="http://feed.example:8323"))
    assert list(elsewhere.commands) == ["sandbox", "api", "worker", "projector"]
    assert set(elsewhere.ready) == {"sandbox", "api"}


def test_a_sandbox_that_runs_elsewhere_is_not_started_here(tmp_path: Path) -> None:
    elsewhere = stack_of(Settings(home=tmp_path, sandbox_url_override="http://sandbox.example:8401"))
    assert list(elsewhere.commands) == ["feed", "api", "worker", "projector"]
    assert set(elsewhere.ready) == {"api", "feed"}
    assert elsewhere.environment["SFDIFY_SANDBOX_URL"] == "http://sandbox.example:8401"


def test_children_are_told_the_home_the_ports_and_the_limits(tmp_path: Path) -> None:
    stack = stack_of(Settings(home=tmp_path, port=18321, rate_user_per_minute=7))
    assert stack.environment["SFDIFY_HOME"] == str(tmp_path)
    assert stack.environment["SFDIFY_PORT"] == "18321"
    assert stack.environment["SFDIFY_FEED_PORT"] == "8323"
    assert stack.environment["SFDIFY_RATE_USER_PER_MINUTE"] == "7"
    assert stack.environment["SMARTCREDIT_CLIENT_SECRET"] == stack.environment["SMARTCREDIT_ISSUER"] == ""


def test_workers_of_two_databases_on_one_machine_never_answer_each_others_rings(tmp_path: Path) -> None:
    names = {
        supervisor_of(Settings(home=tmp_path), f"postgresql://a:b@127.0.0.1:{port}/{name}", ["mail_send"]).host
        for port, name in ((5432, "one"), (5432, "two"), (5433, "one"))
    }
    assert len(names) == 3


@pytest.mark.slow
def test_migrating_twice_applies_nothing(run: Commands) -> None:
    assert run("migrate").out == "nothing to apply\n"


@pytest.mark.slow
def test_an_unknown_queue_is_refused(run: Commands) -> None:
    assert "there is no queue nosuch" in run.refused("work", "nosuch", status=2)


@pytest.mark.slow
def test_a_port_in_use_is_named(run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("SFDIFY_PORT", str(taken.getsockname()[1]))
        assert "SFDIFY_PORT" in run.refused("up")
    monkeypatch.setenv("SFDIFY_PORT", "no number")
    assert "SFDIFY_PORT" in run.refused("up")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "work", "project"])
def test_what_cannot_begin_says_why_in_one_plain_line(run: Commands, command: str) -> None:
    never = sfdify(run.demonstrated.home, command, timeout=60, SFDIFY_DATABASE="never_migrated")
    said = "sfdify: the database has no schema yet, or an old one; run: sfdify migrate\n"
    assert (never.returncode, never.stdout, never.stderr) == (1, "", said)
    address = "postgresql://admin:not-to-be-seen@127.0.0.1:1/books"
    away = sfdify(run.demonstrated.home, command, timeout=60, DATABASE_URL=address)
    assert (away.returncode, away.stdout, away.stderr.count("\n")) == (1, "", 1), away.stderr
    assert away.stderr.startswith("sfdify: ")
    assert "Connection refused" in away.stderr
    assert "not-to-be-seen" not in away.stderr
