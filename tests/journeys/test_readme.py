"""What README.md tells people to type, typed; and what it says of the configuration, compared."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from api.cli import _MODULE_OF
from infrastructure.settings import CHECKOUT, Settings
from infrastructure.stack import free_port
from tests.support.journey import Walked, started

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
API, DATABASE, KEPT = "http://127.0.0.1:8321", "sfdify_demo_1a2b3c4d", ".sfdify/demo/sfdify_demo_1a2b3c4d"


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def typed(title: str) -> str:
    """What a section shows indented, to be typed."""
    return "\n".join(line[4:] for line in section(title).splitlines() if line.startswith("    "))


def test_the_table_names_every_variable_that_is_read_and_no_other() -> None:
    cells = re.findall(r"^\| (`[^|]+) \|", section("Configuration"), re.MULTILINE)
    named = re.findall(r"`([A-Z0-9_]+)`", " ".join(cells))
    assert sorted(named) == sorted(str(field.validation_alias) for field in Settings.model_fields.values())


def test_every_command_it_names_exists() -> None:
    words = {word for words in re.findall(r"\./run ([a-z]+)", README) for word in words.split()}
    assert words <= {*_MODULE_OF, "test", "commands"}


@pytest.mark.slow
def test_the_five_calls_answer(demonstrated: Walked) -> None:
    script = typed("The API in five calls").partition("./run up\n")[2]
    assert len(re.findall(r"\bcurl ", script)) == 5
    port = free_port()
    for shown, here in ((KEPT, f"'{demonstrated.home}/demo/{demonstrated.database}'"), (API, f"http://127.0.0.1:{port}")):
        assert script.count(shown) == 1
        script = script.replace(shown, here)
    ports = {"SFDIFY_PORT": str(port), "SFDIFY_SANDBOX_PORT": str(free_port()), "SFDIFY_FEED_PORT": str(free_port())}
    up = started(demonstrated.home, ["up"], SFDIFY_DATABASE=demonstrated.database, **ports)
    try:
        assert up.stdout is not None
        assert any("Platform key" in line for line in up.stdout)
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
    finally:
        up.terminate()
        up.communicate(timeout=60)
    assert done.returncode == 0, done.stderr
    findings, overdue, deadlines = answers(done.stdout)
    assert len(findings["items"]) == len(overdue["items"]) == len(deadlines["items"]) == 3
    assert {item["status"] for item in overdue["items"]} == {"overdue"}
    assert all(item["rule"] and item["due_on"] for item in deadlines["items"])


def answers(text: str) -> list[dict[str, Any]]:
    found, decoder = [], json.JSONDecoder()
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found
