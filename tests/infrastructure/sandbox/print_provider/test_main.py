"""The command line of the provider."""

from pathlib import Path

import pytest

from infrastructure.sandbox.print_provider.__main__ import settings_from


def test_the_command_line_becomes_settings(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret with an end of line\n")
    hooks = ["--webhook-url", "http://h/", "--webhook-secret", str(tmp_path / "secret")]

    settings = settings_from(["--port", "7", "--home", str(tmp_path), *hooks, "--retry-factor", "0.5"])

    assert (settings.port, settings.home, settings.retry_factor) == (7, tmp_path, 0.5)
    assert (settings.webhook_url, settings.webhook_secret) == ("http://h/", "a secret with an end of line")


def test_a_home_is_needed() -> None:
    with pytest.raises(SystemExit):
        settings_from([])
