"""Where a report provider is reached, and who we are there. Every address is configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from infrastructure.settings import REPORT_PROVIDER, Settings

SANDBOX_SCOPE: Final = "openid reports:read scores:read alerts:read"


class NotConfigured(Exception):
    """No report provider is set up."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """One client at one provider. `sends_iss`: the provider always names itself on the way back (RFC 9207)."""

    client_id: str
    client_secret: str = field(repr=False)
    issuer: str
    authorize_url: str
    token_url: str
    revoke_url: str
    reports_url: str
    tradelines_url: str
    scores_url: str
    alerts_url: str
    scope: str
    redirect_uri: str
    jwks_url: str | None = None
    sends_iss: bool = False

    def __post_init__(self) -> None:
        if "?" in self.reports_url or urlsplit(self.authorize_url).fragment:
            raise ValueError("the reports' address has no query, and the one for consent no fragment")

    @property
    def wants_identity(self) -> bool:
        """Whether the provider is to say, by an ID token, what it calls the consumer."""
        return "openid" in self.scope.split()

    @classmethod
    def configured(cls, settings: Settings) -> Self:
        """Those of the environment. Raises NotConfigured."""
        if settings.smartcredit_client_secret is None:
            raise NotConfigured
        given = {name.removeprefix("smartcredit_"): getattr(settings, name) for name in REPORT_PROVIDER}
        given["client_secret"] = settings.smartcredit_client_secret.get_secret_value()
        return cls(
            **given,
            redirect_uri=settings.feed_redirect_url,
            jwks_url=settings.smartcredit_jwks_url,
            sends_iss=settings.smartcredit_sends_iss,
        )

    @classmethod
    def sandbox(cls, base_url: str, client_id: str, client_secret: str, redirect_uri: str) -> Self:
        """Those of the sandbox at an address."""
        return cls(
            client_id=client_id,
            client_secret=client_secret,
            issuer=base_url,
            authorize_url=f"{base_url}/oauth/authorize",
            token_url=f"{base_url}/oauth/token",
            revoke_url=f"{base_url}/oauth/revoke",
            reports_url=f"{base_url}/v1/reports",
            tradelines_url=f"{base_url}/v1/tradelines",
            scores_url=f"{base_url}/v1/scores",
            alerts_url=f"{base_url}/v1/alerts",
            scope=SANDBOX_SCOPE,
            redirect_uri=redirect_uri,
            jwks_url=f"{base_url}/oauth/jwks",
            sends_iss=True,
        )
