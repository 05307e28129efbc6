"""The authorization server's doors: consent, tokens, revocation, and what it publishes about itself."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from infrastructure.sandbox.credit_feed.authorizing import Authorizing, SentBack, TryAgain
from infrastructure.sandbox.credit_feed.clients import Client, Clients
from infrastructure.sandbox.credit_feed.grants import Grants, Issued
from infrastructure.sandbox.credit_feed.identity import Identity
from infrastructure.sandbox.credit_feed.pages import consent_page, refusal_page
from infrastructure.sandbox.credit_feed.problems import Refused

ACCESS_SECONDS: Final = 600
GRANT_TYPES: Final = ("authorization_code", "refresh_token")
_COOKIE: Final = "feed_consent"
_NEVER_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache", "Referrer-Policy": "no-referrer"}
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_LONGEST: Final = 2_000


@dataclass
class OAuth:
    """Handlers of `/oauth` and of the metadata."""

    clients: Clients
    authorizing: Authorizing
    grants: Grants
    identity: Identity

    async def authorize(self, request: Request) -> Response:
        """`GET /oauth/authorize`: the form, or the way back with an error, or a page that leads nowhere."""
        browser = request.cookies.get(_COOKIE) or secrets.token_urlsafe(32)

        def shown() -> Response:
            asked = self.authorizing.read(request.query_params.multi_items())
            page = consent_page(asked, self.authorizing.show(asked, browser))
            page.set_cookie(_COOKIE, browser, path="/oauth", httponly=True, samesite="lax")
            return page

        return self._for_a_person(shown)

    async def consent(self, request: Request) -> Response:
        """`POST /oauth/consent`: the person's decision."""
        given = await _form(request)
        browser = request.cookies.get(_COOKIE, "")

        def decided() -> Response:
            decision = given.get("decision")
            if decision not in ("allow", "deny"):
                raise Refused("invalid_request", "allow or deny it")
            asked, code = self.authorizing.decide(
                given.get("ticket", ""), browser, given.get("login", ""), given.get("passcode", ""), decision == "allow"
            )
            return RedirectResponse(asked.back(self.identity.issuer, code=code), 302, _NEVER_KEPT)

        return self._for_a_person(decided)

    def _for_a_person(self, act: Callable[[], Response]) -> Response:
        try:
            return act()
        except SentBack as back:
            told = {"error": back.error, "error_description": back.message}
            return RedirectResponse(back.asked.back(self.identity.issuer, **told), 302, _NEVER_KEPT)
        except TryAgain as again:
            return consent_page(again.asked, again.ticket, wrong=True)
        except Refused as refused:
            return refusal_page(refused.message, refused.status)

    def token(self, given: dict[str, str], client: Client) -> Response:
        """`POST /oauth/token`."""
        if given.get("grant_type") == "authorization_code":
            verifier = _needed(given, "code_verifier")
            if not _VERIFIER.fullmatch(verifier):
                raise Refused("invalid_request", "a code_verifier has 43 to 128 unreserved characters")
            code, way_back = _needed(given, "code"), _needed(given, "redirect_uri")
            return self._told(self.grants.exchange(client.client_id, code, way_back, verifier))
        if given.get("grant_type") == "refresh_token":
            scopes = tuple(given.get("scope", "").split())
            return self._told(self.grants.refresh(client.client_id, _needed(given, "refresh_token"), scopes))
        raise Refused("unsupported_grant_type", f"grant_type is {' or '.join(GRANT_TYPES)}")

    def revoke(self, given: dict[str, str], client: Client) -> Response:
        """`POST /oauth/revoke` (RFC 7009): a token nobody knows is as good as revoked."""
        self.grants.revoke(client.client_id, _needed(given, "token"))
        return Response(status_code=200, headers=_NEVER_KEPT)

    async def metadata(self, _request: Request) -> Response:
        """`GET /.well-known/...`."""
        return JSONResponse(self.identity.metadata)

    async def keys(self, _request: Request) -> Response:
        """`GET /oauth/jwks`."""
        return JSONResponse(self.identity.keys)

    def _told(self, issued: Issued) -> Response:
        body = {
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": issued.refresh_token,
            "scope": " ".join(issued.scopes),
        }
        if "openid" in issued.scopes:
            body["id_token"] = self.identity.id_token(issued.family)
        return JSONResponse(body, headers=_NEVER_KEPT)


async def client_form(request: Request) -> dict[str, str]:
    """The fields of a client's form. Raises Refused for a form with a field twice, or of another kind."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise Refused("invalid_request", "the body is a form")
    return await _form(request)


async def _form(request: Request) -> dict[str, str]:
    async with request.form(max_files=0, max_fields=20) as form:
        return _single(form)


def _single(form: FormData) -> dict[str, str]:
    items = form.multi_items()
    fields = {name: value for name, value in items if not isinstance(value, UploadFile) and len(value) <= _LONGEST}
    if len(fields) != len(items):
        raise Refused("invalid_request", "a field is given twice, or is too long")
    return fields


def _needed(given: dict[str, str], name: str) -> str:
    if not given.get(name):
        raise Refused("invalid_request", f"{name} is needed")
    return given[name]
