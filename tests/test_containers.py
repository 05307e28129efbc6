"""The image and the compose file keep the promises made about them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from fastapi import FastAPI

from api.server import config
from infrastructure.settings import Settings
from infrastructure.workers import DRAIN_S

ROOT = Path(__file__).resolve().parents[1]
OURS = {"api", "worker", "projector", "sandbox", "feed", "migrate", "bucket"}


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def _dockerfile() -> list[tuple[str, str]]:
    """Instructions in order, continuation lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_the_image_runs_as_an_ordinary_user() -> None:
    stages = [index for index, (word, _) in enumerate(_dockerfile()) if word == "FROM"]
    final = _dockerfile()[stages[-1] :]
    users = [value for word, value in final if word == "USER"]
    assert users == ["sfdify"]
    assert any("useradd" in value and "--uid 10001" in value for word, value in final if word == "RUN")
    assert not [word for word, _ in final[final.index(("USER", "sfdify")) :] if word in ("RUN", "COPY", "ADD")]


def test_the_image_needs_no_newer_builder() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"^# *syntax *=", text, flags=re.M), "a frontend is fetched before anything is built"
    assert "<<" not in text, "buildah before 1.33 takes a here-document for the name of a file"
    assert not [value for word, value in _dockerfile() if word in ("COPY", "ADD") and "--chmod" in value]


def test_the_image_has_a_launcher_that_is_the_sfdify_command(tmp_path: Path) -> None:
    launcher = tmp_path / "sfdify"
    (making,) = (value for word, value in _dockerfile() if word == "RUN" and "printf" in value)
    subprocess.run(["sh", "-ec", making.replace("/opt/sfdify/bin/sfdify", str(launcher))], check=True, timeout=10)
    assert launcher.read_text(encoding="utf-8").startswith("#!/opt/sfdify/bin/python\n")
    assert launcher.stat().st_mode & 0o777 == 0o755
    helped, here = [sys.executable, launcher, "--help"], {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(helped, env=here, capture_output=True, text=True, timeout=60, check=True)
    assert "Usage: sfdify" in told.stdout


def test_everything_installed_from_the_index_is_checked_by_hash() -> None:
    runs = [command for word, value in _dockerfile() if word == "RUN" for command in value.split("&&")]
    installs = [command for command in runs if re.search(r"\bpip (install|sync)\b", command)]
    assert len(installs) == 2
    assert all("--require-hashes" in command for command in installs)


def test_no_image_is_named_without_a_version_and_none_of_others_without_its_registry() -> None:
    bases = [value.split()[0] for word, value in _dockerfile() if word == "FROM"]
    images = {name: service["image"] for name, service in _compose()["services"].items()}
    for image in bases + [image for name, image in images.items() if name not in OURS]:
        assert image.startswith("docker.io/"), f"{image}: podman does not guess a registry"
    for image in bases + list(images.values()):
        assert re.search(r":[^:]+$", image), image
        assert not image.endswith(":latest"), image


def test_the_image_has_no_test_tools_and_the_versions_the_suite_ran_with() -> None:
    image, suite = (
        set(re.findall(r"^([a-z0-9._-]+==[^ \\]+)", (ROOT / name).read_text(encoding="utf-8"), flags=re.M))
        for name in ("requirements-image.lock", "requirements.lock")
    )
    assert image < suite
    assert {name.partition("==")[0] for name in image}.isdisjoint({"pytest", "moto", "mypy", "ruff", "hypothesis"})


def test_the_image_gets_no_file_that_could_hold_a_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert allowed.isdisjoint({".git", ".env", ".sfdify", "tests", ".venv"})
    words = " ".join(value for _, value in _dockerfile()).upper()
    assert not re.search(r"PASSWORD|SECRET|API_KEY|TOKEN", words)


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET|ACCESS|KEY)\w*)(:?[-?][^}]*)?\}", text)
    assert secrets
    for name, rest in secrets:
        assert rest.startswith(":?") or rest == ":-", name
    for service in _compose()["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", name):
                assert value.startswith("${"), name


def test_whatever_can_be_set_can_be_set_for_the_containers() -> None:
    """But for where a container keeps things and listens, which is the image's own."""
    fixed = {
        "SFDIFY_HOME", "SFDIFY_PG_BIN", "SFDIFY_DATABASE", "SFDIFY_HOST", "SFDIFY_PORT", "SFDIFY_SANDBOX_PORT",
        "SFDIFY_FEED_PORT",
    }  # fmt: skip
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    services = _compose()["services"]
    for name in OURS:
        assert known - set(services[name]["environment"]) == fixed, name


def test_only_the_migration_knows_the_administrators_password() -> None:
    services = _compose()["services"]
    knowing = {name for name in OURS if "POSTGRES_PASSWORD" in str(services[name]["environment"])}
    assert knowing == {"migrate"}
    assert all(services[name]["environment"]["DATABASE_URL"].count("@") == 0 for name in OURS - {"migrate"})


def test_everything_waits_for_the_migration_and_the_stores() -> None:
    services = _compose()["services"]
    for name in OURS - {"migrate", "bucket"}:
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert services[name]["depends_on"]["redis"]["condition"] == "service_healthy"
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("database", "redis", "api", "sandbox", "feed"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_the_api_and_the_workers_are_given_the_time_they_take_to_stop() -> None:
    drains = {"api": config(FastAPI()).timeout_graceful_shutdown, "worker": DRAIN_S + 10}
    for name, seconds in drains.items():
        granted = re.fullmatch(r"(\d+)s", _compose()["services"][name]["stop_grace_period"])
        assert granted is not None
        assert seconds is not None
        assert int(granted[1]) > seconds


def test_redis_drops_nothing_and_only_what_a_browser_needs_is_reachable_from_the_machine_alone() -> None:
    services = _compose()["services"]
    assert "--maxmemory-policy noeviction" in services["redis"]["command"]
    assert {name: service["ports"] for name, service in services.items() if "ports" in service} == {
        "api": ["127.0.0.1:8321:8321"],
        "feed": ["127.0.0.1:8323:8323"],
    }


def test_the_sandbox_provider_has_one_address_for_containers_and_for_browsers_of_the_machine() -> None:
    services = _compose()["services"]
    for name in OURS:
        address = urlsplit(services[name]["environment"]["SFDIFY_FEED_URL"])
        assert address.hostname in services["feed"]["networks"]["inside"]["aliases"]
        assert address.hostname.endswith(".localhost"), "browsers take these names for the machine they run on"
        assert f"127.0.0.1:{address.port}:{address.port}" in services["feed"]["ports"]


def test_a_live_report_provider_reaches_every_process_that_could_need_it() -> None:
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    provider = {name for name in names if name.startswith("SMARTCREDIT_")} | {"SFDIFY_FEED_REDIRECT_URL"}
    assert len(provider) == 14
    for service in OURS:
        given = _compose()["services"][service]["environment"]
        assert {name: given.get(name) for name in provider} == {name: f"${{{name}:-}}" for name in provider}


def test_the_compose_file_sets_variables_that_are_read() -> None:
    read = {str(field.validation_alias) for field in Settings.model_fields.values()}
    given = {name for service in OURS for name in _compose()["services"][service]["environment"]}
    assert given - read == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
