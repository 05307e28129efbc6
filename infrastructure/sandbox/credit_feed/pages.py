"""What a person sees: the form in which they sign in and allow or deny, or why there is none. No scripts."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from infrastructure.sandbox.credit_feed.authorizing import Asked

_SAID: Final = {
    "openid": "tell who you are to it, by a number",
    "reports:read": "order and read your credit reports",
    "scores:read": "read your credit scores",
    "alerts:read": "read the alerts about your credit file",
}


def consent_page(asked: Asked, ticket: str, wrong: bool = False) -> HTMLResponse:
    """The form. Its answer may lead to the client's own address and to no other."""
    wishes = "".join(f"<li>{escape(_SAID[scope])}</li>" for scope in asked.scopes)
    again = '<p role="alert">Login or passcode are wrong. Please try again.</p>' if wrong else ""
    body = f"""<h1>Sandbox credit feed</h1>
<p>This is a stand-in for tests. Everybody in it is invented.</p>
<p><strong>{escape(asked.client_id)}</strong> asks to:</p><ul>{wishes}</ul>{again}
<form method="post" action="/oauth/consent">
<input type="hidden" name="ticket" value="{escape(ticket)}">
<p><label>Login <input name="login" autocomplete="username" maxlength="200" autofocus></label></p>
<p><label>Passcode <input name="passcode" type="password" autocomplete="current-password" maxlength="200"></label></p>
<p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></p>
</form>"""
    way_back = urlsplit(asked.redirect_uri)
    return _page(body, 401 if wrong else 200, f"'self' {way_back.scheme}://{way_back.netloc}")


def refusal_page(message: str, status: int) -> HTMLResponse:
    """Why nothing can be asked here. Nobody is sent on."""
    return _page(f"<h1>Sandbox credit feed</h1><p>This cannot be done: {escape(message)}.</p>", status, "'none'")


def _page(body: str, status: int, form_action: str) -> HTMLResponse:
    text = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Sandbox credit feed</title></head>\n'
    policy = f"default-src 'none'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    return HTMLResponse(f"{text}<body><main>{body}</main></body></html>\n", status, headers)
