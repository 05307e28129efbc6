"""Every environment variable the product reads, read once, checked, and then unchangeable."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT: Final = Path(__file__).resolve().parent.parent
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(:[0-9]*)?")


class BadSettings(ValueError):
    """The environment asks for something impossible. Names the variables, never their values."""


def _default_home() -> Path:
    return (CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()) / ".sfdify"


def _postgres_address(url: str) -> str:
    """Refused is also what libpq would read differently than it is meant, and quote back with part of a password."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("write it as postgresql://user:password@host:port/database")
    login, _, hosts = parts.netloc.rpartition("@")
    if "@" in login or not all(_HOST.fullmatch(host) for host in hosts.split(",")):
        raise ValueError("write @ / : ? # within the user or password as %40 %2F %3A %3F %23")
    if not parts.path.strip("/") or "dbname" in dict(parse_qsl(parts.query)):
        raise ValueError("name the database after the server: postgresql://user:password@host:port/database")
    return url


def _redis_address(url: str) -> str:
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("write it as redis://host:port/0, rediss:// or unix://")
    return url


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write it as http://host:port or https://host")
    return url.rstrip("/")


def _guarded_address(url: str) -> str:
    """Kept to the letter: issuers and OAuth addresses are compared as they are written."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("write it as https://host/path; plain http reaches this machine only")
    if not parts.hostname or parts.fragment or parts.username or parts.password:
        raise ValueError("write it as https://host/path, without login and fragment")
    return url


Port = Annotated[int, Field(ge=1, le=65535)]
PostgresAddress = Annotated[str, AfterValidator(_postgres_address)]
RedisAddress = Annotated[str, AfterValidator(_redis_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
GuardedAddress = Annotated[str, AfterValidator(_guarded_address)]


REPORT_PROVIDER: Final = tuple(
    f"smartcredit_{name}"
    for name in ("client_id", "client_secret", "issuer", "authorize_url", "token_url", "revoke_url", "reports_url",
                 "tradelines_url", "scores_url", "alerts_url", "scope")
)  # fmt: skip
"""What a report provider is made of."""


class Settings(BaseSettings):
    """How one process is to run. Without any variable everything is embedded under `home`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True,
        # Tests build settings by field name, and pydantic then reads variables by field name as well:
        # without the prefix `home` would be taken from HOME.
        validate_by_name=True, validate_by_alias=True, env_prefix="SFDIFY_",
    )  # fmt: skip

    home: Path = Field(default_factory=_default_home, validation_alias="SFDIFY_HOME")
    pg_bin: Path | None = Field(None, validation_alias="SFDIFY_PG_BIN")
    database_url: PostgresAddress | None = Field(None, repr=False, validation_alias="DATABASE_URL")
    """The administrator's login, for migrations. Processes that never migrate may be given it without a password."""
    database_name: str = Field("sfdify", pattern=r"^[a-z][a-z0-9_]{0,62}$", validation_alias="SFDIFY_DATABASE")
    """The database within the embedded server; DATABASE_URL names its own."""
    database_app_password: SecretStr | None = Field(None, validation_alias="DATABASE_APP_PASSWORD")
    database_projector_password: SecretStr | None = Field(None, validation_alias="DATABASE_PROJECTOR_PASSWORD")

    redis_url: RedisAddress | None = Field(None, repr=False, validation_alias="REDIS_URL")
    s3_bucket: str | None = Field(None, validation_alias="S3_BUCKET")
    s3_endpoint: WebAddress | None = Field(None, validation_alias="S3_ENDPOINT")
    s3_region: str | None = Field(None, validation_alias="S3_REGION")
    kms_key_id: str | None = Field(None, validation_alias="KMS_KEY_ID")

    host: str = Field("127.0.0.1", validation_alias="SFDIFY_HOST")
    port: Port = Field(8321, validation_alias="SFDIFY_PORT")
    trusted_proxies: str | None = Field(
        None, pattern=r"^[0-9a-fA-F.:/]+(,[0-9a-fA-F.:/]+)*$", validation_alias="SFDIFY_TRUSTED_PROXIES"
    )
    public_url_override: WebAddress | None = Field(None, validation_alias="SFDIFY_PUBLIC_URL")

    lob_api_key: SecretStr | None = Field(None, validation_alias="LOB_API_KEY")
    lob_base_url: WebAddress | None = Field(None, validation_alias="LOB_BASE_URL")
    sandbox_port: Port = Field(8322, validation_alias="SFDIFY_SANDBOX_PORT")
    sandbox_url_override: WebAddress | None = Field(None, validation_alias="SFDIFY_SANDBOX_URL")

    smartcredit_client_id: str | None = Field(None, validation_alias="SMARTCREDIT_CLIENT_ID")
    smartcredit_client_secret: SecretStr | None = Field(None, validation_alias="SMARTCREDIT_CLIENT_SECRET")
    smartcredit_issuer: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_ISSUER")
    smartcredit_authorize_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_AUTHORIZE_URL")
    smartcredit_token_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_TOKEN_URL")
    smartcredit_revoke_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_REVOKE_URL")
    smartcredit_reports_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_REPORTS_URL")
    smartcredit_tradelines_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_TRADELINES_URL")
    smartcredit_scores_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_SCORES_URL")
    smartcredit_alerts_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_ALERTS_URL")
    smartcredit_scope: str | None = Field(
        None, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$", validation_alias="SMARTCREDIT_SCOPE"
    )
    smartcredit_jwks_url: GuardedAddress | None = Field(None, validation_alias="SMARTCREDIT_JWKS_URL")
    smartcredit_sends_iss: bool = Field(False, validation_alias="SMARTCREDIT_SENDS_ISS")
    feed_redirect_url_override: WebAddress | None = Field(None, validation_alias="SFDIFY_FEED_REDIRECT_URL")
    feed_port: Port = Field(8323, validation_alias="SFDIFY_FEED_PORT")
    feed_url_override: WebAddress | None = Field(None, validation_alias="SFDIFY_FEED_URL")

    rate_user_per_minute: int = Field(100, ge=1, validation_alias="SFDIFY_RATE_USER_PER_MINUTE")
    rate_tenant_per_minute: int = Field(1000, ge=1, validation_alias="SFDIFY_RATE_TENANT_PER_MINUTE")
    worker_processes: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, le=64, validation_alias="SFDIFY_WORKER_PROCESSES"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias="SFDIFY_LOG_LEVEL")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """A key without an address would print nothing while looking as if letters were mailed; so both or neither."""
        if (self.lob_api_key is None) != (self.lob_base_url is None):
            raise ValueError("LOB_API_KEY and LOB_BASE_URL go together: set both, or neither for the sandbox")
        self._agree_on_the_report_provider()
        if self.s3_bucket is None and self.s3_endpoint is not None:
            raise ValueError("S3_ENDPOINT needs S3_BUCKET")
        return self

    def _agree_on_the_report_provider(self) -> None:
        """Half a provider would fail when a consumer comes back from it; so all of it or nothing."""
        missing = [name for name in REPORT_PROVIDER if getattr(self, name) is None]
        optional = self.smartcredit_jwks_url is not None or self.smartcredit_sends_iss
        if missing and (optional or len(missing) < len(REPORT_PROVIDER)):
            raise ValueError(
                f"the report provider needs {', '.join(name.upper() for name in missing)} too: set all of"
                " SMARTCREDIT_*, or none for the sandbox (only _JWKS_URL and _SENDS_ISS may be left out)"
            )
        if not missing:
            try:
                _guarded_address(self.feed_redirect_url)
            except ValueError:
                raise ValueError("consumers come back over https: set SFDIFY_FEED_REDIRECT_URL") from None

    @property
    def embedded_database(self) -> bool:
        return self.database_url is None

    @property
    def uses_sandbox(self) -> bool:
        return self.lob_base_url is None

    @property
    def runs_sandbox(self) -> bool:
        """Whether this machine starts a sandbox of its own, rather than using one that runs elsewhere."""
        return self.uses_sandbox and self.sandbox_url_override is None

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox is found: on this machine unless said otherwise."""
        return self.sandbox_url_override or f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def runs_feed(self) -> bool:
        """Whether the sandbox report provider is started here with everything else."""
        return self.feed_url_override is None and not self.has_report_provider

    @property
    def post_url(self) -> str:
        """Where letters are posted: the print provider, or the sandbox that speaks its language. Ends in /v1."""
        return self.lob_base_url or f"{self.sandbox_url}/v1"

    @property
    def has_report_provider(self) -> bool:
        """Whether live consumers' reports can be fetched."""
        return self.smartcredit_client_id is not None

    @property
    def feed_url(self) -> str:
        """Where the sandbox report provider is found: on this machine unless said otherwise."""
        return self.feed_url_override or f"http://127.0.0.1:{self.feed_port}"

    @property
    def feed_redirect_url(self) -> str:
        """Where consumers come back to from a report provider, to the letter as it is registered there."""
        return self.feed_redirect_url_override or f"{self.public_url}/connections/callback"

    @property
    def public_url(self) -> str:
        """The address others reach the API at, for links and webhooks."""
        return self.public_url_override or f"http://{self.host}:{self.port}"

    @property
    def app_password(self) -> str:
        return self._password(self.database_app_password, "database-app-password")

    @property
    def projector_password(self) -> str:
        return self._password(self.database_projector_password, "database-projector-password")

    def _password(self, given: SecretStr | None, name: str) -> str:
        return given.get_secret_value() if given is not None else self.secret(name).hex()

    def secret(self, name: str, bytes_: int = 32) -> bytes:
        """A random value made once per home and the same ever after, kept in `$SFDIFY_HOME/secrets/<name>`.

        `name` is lower-case words joined by hyphens. Every machine of one installation needs the same folder.
        """
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise ValueError("a secret's name is lower-case words joined by hyphens")
        folder = self.home / "secrets"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / name
        if not path.exists():
            _create_once(path, secrets.token_bytes(bytes_))
        value = bytes.fromhex(path.read_text())
        if len(value) != bytes_:
            raise BadSettings(f"{path} holds {len(value)} bytes where {bytes_} are needed")
        return value


def _create_once(path: Path, value: bytes) -> None:
    """Complete or absent, and never replaced: of two processes at once the first one's value stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(value.hex())
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def load() -> Settings:
    """The settings of this process. Raises BadSettings naming every variable that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            ": ".join([*map(str, problem["loc"]), problem["msg"].removeprefix("Value error, ")])
            for problem in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise BadSettings("; ".join(problems)) from None


def role_url(admin_url: str, role: str, password: str) -> str:
    """The same database, signed in as `role`. Whatever login the address carried, in either place, is gone."""
    parts = urlsplit(_postgres_address(admin_url))
    rest = [(key, value) for key, value in parse_qsl(parts.query) if key not in ("user", "password")]
    netloc = f"{quote(role, safe='')}:{quote(password, safe='')}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(rest, quote_via=quote)))


def database_named(url: str, name: str) -> str:
    """The same server and login, another database."""
    parts = urlsplit(_postgres_address(url))
    return f"{parts.scheme}://{parts.netloc}/{quote(name, safe='')}{'?' if parts.query else ''}{parts.query}"
