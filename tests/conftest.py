"""What every test shares: the database fixtures and how hypothesis runs."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.postgres", "tests.support.journey", "tests.support.commands"]

settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci")
