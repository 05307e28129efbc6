"""The environment is read once, checked, and never shown."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr, ValidationError

from infrastructure.settings import BadSettings, Settings, database_named, load, role_url

ADMIN = "postgresql://admin:hidden@db.example:6432/books?sslmode=require"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def test_nothing_set_means_everything_embedded() -> None:
    settings = load()
    assert settings.embedded_database
    assert settings.uses_sandbox
    assert settings.redis_url is None
    assert settings.s3_bucket is None
    assert settings.home == Path(__file__).resolve().parents[2] / ".sfdify"
    assert settings.post_url == "http://127.0.0.1:8322/v1"
    assert settings.public_url == "http://127.0.0.1:8321"
    assert (settings.rate_user_per_minute, settings.rate_tenant_per_minute) == (100, 1000)


def test_variables_of_other_programs_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOME": "/elsewhere", "HOST": "0.0.0.0", "PORT": "1", "LOG_LEVEL": "debug"}.items():
        monkeypatch.setenv(name, value)
    assert load() == Settings()
    assert (load().host, load().port, load().log_level) == ("127.0.0.1", 8321, "info")
    assert load().home.name == ".sfdify"


def test_each_variable_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = {
        "SFDIFY_HOME": str(tmp_path), "DATABASE_URL": ADMIN, "DATABASE_APP_PASSWORD": "a", "REDIS_URL": "redis://r:1/0",
        "S3_BUCKET": "letters", "S3_ENDPOINT": "http://s3:9000/", "SFDIFY_PORT": "9000", "SFDIFY_WORKER_PROCESSES": "3",
        "LOB_API_KEY": "live_x", "LOB_BASE_URL": "https://api.lob.com/v1", "SFDIFY_PUBLIC_URL": "https://case.example",
        "SFDIFY_PG_BIN": "/opt/pg/bin", "SFDIFY_TRUSTED_PROXIES": "10.0.0.0/8,::1",
        "SFDIFY_LOG_LEVEL": "debug", "KMS_KEY_ID": "k",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.database_url == ADMIN
    assert settings.home == tmp_path
    assert settings.app_password == "a"
    assert settings.trusted_proxies == "10.0.0.0/8,::1"
    assert settings.redis_url == "redis://r:1/0"
    assert settings.s3_endpoint == "http://s3:9000"
    assert settings.post_url == "https://api.lob.com/v1"
    assert not settings.uses_sandbox
    assert settings.public_url == "https://case.example"
    assert (settings.port, settings.worker_processes, settings.log_level) == (9000, 3, "debug")
    assert (settings.pg_bin, settings.kms_key_id) == (Path("/opt/pg/bin"), "k")


def test_the_sandbox_may_be_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFDIFY_SANDBOX_URL", "http://sandbox:8322/")
    assert load().post_url == "http://sandbox:8322/v1"
    assert load().uses_sandbox


PROVIDER = {
    "SMARTCREDIT_CLIENT_ID": "firm", "SMARTCREDIT_CLIENT_SECRET": "hidden", "SMARTCREDIT_ISSUER": "https://feed.example/",
    "SMARTCREDIT_SCOPE": "openid reports:read",
    **{f"SMARTCREDIT_{what}_URL": f"https://feed.example/{what}"
       for what in ("AUTHORIZE", "TOKEN", "REVOKE", "REPORTS", "TRADELINES", "SCORES", "ALERTS")},
    "SFDIFY_PUBLIC_URL": "https://case.example",
}  # fmt: skip


def test_reports_come_from_the_sandbox_until_a_provider_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load().has_report_provider
    assert load().feed_url == "http://127.0.0.1:8323"
    assert load().feed_redirect_url == "http://127.0.0.1:8321/connections/callback"
    monkeypatch.setenv("SFDIFY_FEED_URL", "http://feed:8323/")
    monkeypatch.setenv("SFDIFY_FEED_REDIRECT_URL", "https://firm.example/back")
    assert (load().feed_url, load().feed_redirect_url) == ("http://feed:8323", "https://firm.example/back")


def test_a_report_provider_is_read_to_the_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PROVIDER.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.has_report_provider
    assert not settings.runs_feed
    assert settings.smartcredit_issuer == "https://feed.example/"
    assert (settings.smartcredit_jwks_url, settings.smartcredit_sends_iss) == (None, False)
    assert settings.feed_redirect_url == "https://case.example/connections/callback"
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        *(({name: ""}, name) for name in PROVIDER if name.startswith("SMARTCREDIT_")),
        ({"SMARTCREDIT_TOKEN_URL": "http://feed.example/token"}, "SMARTCREDIT_TOKEN_URL"),
        ({"SMARTCREDIT_TOKEN_URL": "https://u:hidden@feed.example/token"}, "SMARTCREDIT_TOKEN_URL"),
        ({"SMARTCREDIT_SCOPE": 'open"id'}, "SMARTCREDIT_SCOPE"),
        ({"SFDIFY_PUBLIC_URL": "http://case.example"}, "SFDIFY_FEED_REDIRECT_URL"),
    ],
)
def test_half_a_report_provider_is_refused(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], named: str
) -> None:
    for name, value in {**PROVIDER, **changed}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=named) as refused:
        load()
    assert "hidden" not in str(refused.value)


def test_a_key_set_alone_is_no_report_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTCREDIT_JWKS_URL", "https://feed.example/jwks")
    with pytest.raises(BadSettings, match="SMARTCREDIT_CLIENT_ID"):
        load()


def test_the_feed_may_be_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load().feed_url, load().runs_feed) == ("http://127.0.0.1:8323", True)
    monkeypatch.setenv("SFDIFY_FEED_PORT", "9323")
    assert load().feed_url == "http://127.0.0.1:9323"
    monkeypatch.setenv("SFDIFY_FEED_URL", "http://feed:8323/")
    assert (load().feed_url, load().runs_feed) == ("http://feed:8323", False)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert load().embedded_database


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SFDIFY_PORT", "70000"),
        ("DATABASE_URL", "mysql://u:hidden@h/d"),
        ("DATABASE_URL", "postgresql://u:hid@hidden@h:1/d"),
        ("DATABASE_URL", "postgresql://u:hidden/x@h:1/d"),
        ("DATABASE_URL", "postgresql://u:hidden@h:1"),
        ("DATABASE_URL", "postgresql://u:hidden@h:1/"),
        ("DATABASE_URL", "postgresql://u:hidden@h:1/d?dbname=e"),
        ("REDIS_URL", "hidden:6379"),
        ("LOB_API_KEY", "hidden"),
        ("LOB_BASE_URL", "https://api.lob.com/v1"),
        ("S3_ENDPOINT", "http://hidden:9000"),
        ("SFDIFY_RATE_USER_PER_MINUTE", "0"),
        ("SFDIFY_LOG_LEVEL", "hidden"),
        ("SFDIFY_PUBLIC_URL", "hidden.example"),
    ],
)
def test_a_bad_variable_is_named_but_not_quoted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=name) as refused:
        load()
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40ss%2Fword@h:5432/d",
        "postgres://h/d?sslmode=require",
        "postgresql://[::1]:5432/d",
        "postgresql://u@h1:5432,h2:5433/d?target_session_attrs=read-write",
        "postgresql:///d?host=/var/run/postgresql",
    ],
)
def test_every_plain_way_to_write_an_address_is_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load().database_url == url
    assert conninfo_to_dict(role_url(url, "sfdify_app", "p"))["dbname"] == "d"
    assert conninfo_to_dict(database_named(url, "scratch"))["dbname"] == "scratch"


def test_settings_do_not_change_and_do_not_show_logins() -> None:
    settings = Settings(database_url=ADMIN, redis_url="redis://:hidden@r", database_app_password=SecretStr("hidden"))
    assert "hidden" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


def test_a_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = Settings(home=tmp_path).secret("token-signing-key")
    assert len(first) == 32
    assert Settings(home=tmp_path).secret("token-signing-key") == first
    assert Settings(home=tmp_path).secret("cursor-key") != first
    path = tmp_path / "secrets" / "token-signing-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["cursor-key", "token-signing-key"]


def test_a_secret_of_the_wrong_size_or_name_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.secret("cursor-key", 16)
    with pytest.raises(BadSettings, match="16 bytes where 32"):
        settings.secret("cursor-key")
    with pytest.raises(ValueError, match="hyphens"):
        settings.secret("../etc")


def _read_secret(home: Path) -> bytes:
    return Settings(home=home).secret("shared")


def test_processes_starting_together_agree_on_a_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(_read_secret, [tmp_path] * 16, chunksize=1))) == 1


def test_passwords_of_the_roles_differ_and_last(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.app_password != settings.projector_password
    assert Settings(home=tmp_path).app_password == settings.app_password


@given(password=st.text(st.characters(codec="utf-8", min_codepoint=1), min_size=1))
def test_role_url_carries_any_password(password: str) -> None:
    parts = conninfo_to_dict(role_url(ADMIN, "sfdify_app", password))
    assert parts["user"] == "sfdify_app"
    assert parts["password"] == password
    assert (parts["host"], parts["port"], parts["dbname"]) == ("db.example", "6432", "books")
    assert parts["sslmode"] == "require"


def test_role_url_leaves_no_trace_of_the_administrator() -> None:
    url = role_url("postgresql://db/books?user=admin&password=hidden&connect_timeout=3", "sfdify_app", "p")
    assert url == "postgresql://sfdify_app:p@db/books?connect_timeout=3"


def test_database_named_changes_the_database_only() -> None:
    assert database_named(ADMIN, "other") == "postgresql://admin:hidden@db.example:6432/other?sslmode=require"
