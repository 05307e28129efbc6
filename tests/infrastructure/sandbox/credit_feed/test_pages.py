"""What a person sees is escaped, runs no script and leads nowhere else."""

from __future__ import annotations

from infrastructure.sandbox.credit_feed.authorizing import Asked
from infrastructure.sandbox.credit_feed.identity import SCOPES
from infrastructure.sandbox.credit_feed.pages import consent_page, refusal_page

ASKED = Asked("<script>c", "https://app.example:8/back?x=1", "s", SCOPES, "c")


def test_the_form_may_lead_to_the_clients_origin_and_holds_no_markup_of_others() -> None:
    page = consent_page(ASKED, '"><b>ticket')
    text = bytes(page.body).decode()
    assert "<script" not in text
    assert "&lt;script&gt;c" in text
    assert "<b>ticket" not in text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; form-action 'self' https://app.example:8; frame-ancestors 'none'")
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert text.count("<li>") == len(SCOPES)


def test_a_second_try_says_so() -> None:
    assert consent_page(ASKED, "t").status_code == 200
    again = consent_page(ASKED, "t", wrong=True)
    assert again.status_code == 401
    assert 'role="alert"' in bytes(again.body).decode()


def test_a_refusal_is_a_page_without_a_form() -> None:
    page = refusal_page("<b>no</b>", 400)
    text = bytes(page.body).decode()
    assert page.status_code == 400
    assert "&lt;b&gt;no" in text
    assert "<form" not in text
