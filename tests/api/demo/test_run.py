"""Telling the walk: what is said of a step that holds and of one that does not."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from api.cli.running import stack_of
from api.demo.client import WalkFailed
from api.demo.run import Teller, demo_of, kept_of, logs_of, run_demo
from api.demo.walk import Story
from infrastructure.settings import Settings


def told() -> tuple[Teller, io.StringIO]:
    heard = io.StringIO()
    return Teller(Console(file=heard, width=80), Story({"steps": []})), heard


def test_a_step_that_holds_is_said_and_kept() -> None:
    teller, heard = told()
    assert teller.step("The report is imported", lambda: "31 tradelines")
    assert "ok" in heard.getvalue()
    assert "31 tradelines" in heard.getvalue()
    (kept,) = teller.story.facts["steps"]
    assert (kept["step"], kept["ok"], kept["said"]) == ("The report is imported", True, "31 tradelines")


def test_a_step_that_does_not_hold_is_said_and_kept() -> None:
    def fail() -> str:
        raise WalkFailed("the PDF is not the one")

    teller, heard = told()
    assert not teller.step("Letters are read", fail)
    assert "failed" in heard.getvalue()
    assert teller.story.facts["steps"][0]["said"] == "the PDF is not the one"


def test_a_file_that_cannot_be_written_is_said_before_anything_is_done(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    for unwritable in (tmp_path / "absent" / "walk.json", tmp_path):
        with pytest.raises(OSError, match=re.escape(str(unwritable))):
            run_demo(settings, unwritable, None)
    assert not settings.home.exists()


def test_the_end_names_the_places_without_breaking_their_lines(tmp_path: Path) -> None:
    teller, heard = told()
    demo = Settings(home=tmp_path / ("long" * 20), database_name="sfdify_demo_1")
    teller.story.note(seconds=1.0, tenant_id="1", pdfs=["a.pdf"])
    teller.end(True, demo)
    said = heard.getvalue().splitlines()
    assert any(line.endswith(str(kept_of(demo))) for line in said)
    assert any(line.endswith(str(logs_of(demo))) for line in said)
    assert any(line.endswith(str(kept_of(demo) / "operator.json")) for line in said)
    assert any("SFDIFY_DATABASE=sfdify_demo_1" in line for line in said)


def test_it_stays_on_this_machine_and_prints_nothing_whatever_the_installation_does(tmp_path: Path) -> None:
    installation = Settings(
        home=tmp_path, host="0.0.0.0", public_url_override="https://case.example",
        sandbox_url_override="http://sandbox.example:8322", feed_url_override="http://feed.example:8323",
        lob_api_key="live_x", lob_base_url="https://print.example/v1",
    )  # fmt: skip
    demo = demo_of(installation)
    assert demo.uses_sandbox
    assert demo.post_url == f"http://127.0.0.1:{demo.sandbox_port}/v1"
    assert demo.feed_url == f"http://127.0.0.1:{demo.feed_port}"
    assert demo.feed_port not in (8323, demo.port, demo.sandbox_port)
    assert demo.public_url == f"http://127.0.0.1:{demo.port}"
    stack = stack_of(demo)
    assert {"sandbox", "feed"} <= set(stack.commands)
    unset = ("SFDIFY_PUBLIC_URL", "SFDIFY_SANDBOX_URL", "SFDIFY_FEED_URL", "LOB_API_KEY", "LOB_BASE_URL")
    assert [stack.environment[name] for name in unset] == [""] * 5
    assert stack.environment["SFDIFY_HOST"] == "127.0.0.1"
    provider = {name: "https://feed.example/" for name in Settings.model_fields if name.startswith("smartcredit_")}
    secret = {"smartcredit_client_secret": SecretStr("hidden"), "smartcredit_sends_iss": True}
    installation = installation.model_copy(update=provider | secret)
    assert "feed" not in stack_of(installation).commands
    told = {name: value for name, value in stack_of(demo_of(installation)).environment.items() if "SMARTCREDIT" in name}
    assert set(told.values()) == {"", "False"}
    real = stack_of(installation).environment
    assert (real["SMARTCREDIT_CLIENT_SECRET"], real["SMARTCREDIT_SENDS_ISS"]) == ("hidden", "True")
    assert (real["LOB_API_KEY"], real["SFDIFY_PUBLIC_URL"]) == ("live_x", "https://case.example")
