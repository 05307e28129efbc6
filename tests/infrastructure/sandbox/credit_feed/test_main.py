"""The command line of the provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from infrastructure.sandbox.credit_feed.__main__ import settings_from


def test_the_command_line_becomes_settings(tmp_path: Path) -> None:
    words = ["--port", "7", "--home", str(tmp_path), "--issuer", "https://i", "--retry-factor", "0.5"]
    settings = settings_from(words)
    assert (settings.port, settings.home, settings.issuer, settings.retry_factor) == (7, tmp_path, "https://i", 0.5)
    assert (settings.host, settings.exposed) == ("127.0.0.1", False)
    assert settings_from([*words, "--host", "0.0.0.0", "--exposed"]).exposed


def test_a_home_is_needed() -> None:
    with pytest.raises(SystemExit):
        settings_from([])
