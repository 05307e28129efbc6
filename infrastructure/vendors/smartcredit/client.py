"""The `CreditFeed` port spoken to a report provider (`docs/decisions/0014`)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx

from application.feeding import (
    Alerts,
    Callback,
    Capabilities,
    FeedAuth,
    FeedBusy,
    FeedParty,
    FeedProblem,
    FeedRefused,
    Link,
    LinkRefused,
    LinkStart,
    Order,
    RawReport,
)
from domain.bureaus import Bureau
from domain.connections import Score
from infrastructure.feed_links import FeedLinkStore
from infrastructure.feed_tokens import FeedTokens, Kept, LinkEnded, Tokens
from infrastructure.vendors.smartcredit.calls import Calls, read
from infrastructure.vendors.smartcredit.endpoints import Endpoints
from infrastructure.vendors.smartcredit.identities import Identities
from infrastructure.vendors.smartcredit.mapping import AlertsAnswer, OrderAnswer, ScoresAnswer, TradelinesAnswer
from infrastructure.vendors.smartcredit.oauth import OAuth

CAPABILITIES: Final = Capabilities(
    auth=FeedAuth.CODE_PKCE, has_webhooks=True, has_scores=True, has_alerts=True, per_bureau=True
)

_AT_ONCE_S: Final = 1.0


class SmartCredit:
    """A report provider for one tenant. Tokens stay in `FeedTokens` and in this object's calls.

    `introduce` is called before each link and makes us known where that can be done by ourselves: at the sandbox.
    """

    capabilities: Capabilities = CAPABILITIES

    def __init__(
        self,
        endpoints: Endpoints,
        links: FeedLinkStore,
        tokens: FeedTokens,
        calls: Calls,
        introduce: Callable[[], None] | None = None,
        real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._endpoints, self._links, self._tokens, self._calls = endpoints, links, tokens, calls
        self._introduce = introduce
        self._oauth = OAuth(endpoints, calls)
        self._identities = Identities(endpoints, calls, real_now)

    def begin_link(self, party: FeedParty, user_id: UUID, at: datetime) -> LinkStart:
        """See `CreditFeed`. `expires_at` is real time, whatever the tenant's clock says."""
        if self._introduce is not None:
            self._introduce()
        begun = self._links.begin(party, user_id, self._endpoints.redirect_uri)
        return LinkStart(url=self._oauth.address(begun), expires_at=begun.expires_at)

    def complete_link(self, party: FeedParty, callback: Callback, at: datetime) -> Link:
        """See `CreditFeed`. What came of a code and cannot be kept is revoked: its ID token may not be accepted, the
        consumer may be erased, the database may be away.
        """
        taken = self._links.take(party, callback.state)
        code = self._oauth.code_of(callback)
        self._identities.prepare()
        exchanged = self._oauth.exchange(code, taken)
        subject = ""
        try:
            if self._endpoints.wants_identity:
                if exchanged.id_token is None:
                    raise LinkRefused("code_refused", "the provider does not say whom the tokens are about")
                subject = self._identities.subject(exchanged.id_token, taken.nonce)
            self._tokens.keep(party, exchanged.tokens)
        except Exception:
            self._throw_away(exchanged.tokens)
            raise
        return Link(subject=subject, scopes=exchanged.tokens.scopes)

    def unlink(self, party: FeedParty, *, at_last: bool = False) -> None:
        """See `CreditFeed`. While the provider cannot be reached the tokens stay, so that it can be told later.

        Tokens that were renewed meanwhile stay too, and are FeedBusy: whether they are still to be ended, the caller
        has to look again.
        """
        self._links.drop(party)
        kept = self._tokens.find(party)
        if kept is None:
            self._tokens.destroy(party)
            return
        try:
            self._oauth.revoke(Tokens(kept.access, kept.refresh, kept.scopes, None))
        except FeedBusy:
            if at_last:
                self._tokens.destroy(party, kept.generation)
            raise
        except FeedRefused:
            self._tokens.destroy(party, kept.generation)
            raise
        if not self._tokens.destroy(party, kept.generation) and self._tokens.find(party) is not None:
            raise FeedBusy(_AT_ONCE_S, "renewed_meanwhile")

    def order(self, party: FeedParty, bureaus: tuple[Bureau, ...], key: str) -> Order:
        """See `CreditFeed`: `POST {reports}`."""
        body = {"bureaus": [bureau.value for bureau in bureaus]}
        answer = self._get(party, "POST", self._endpoints.reports_url, json=body, headers={"Idempotency-Key": key})
        order = read(OrderAnswer, answer)
        if order.status == "ready":
            return Order(order_id=order.id, ready=True)
        return Order(order_id=order.id, ready=False, retry_after_seconds=self._calls.pause(answer))

    def fetch_report(self, party: FeedParty, order_id: str) -> RawReport:
        """See `CreditFeed`: `GET {reports}/{id}`, then what the provider counts."""
        address = f"{self._endpoints.reports_url}/{_plain(order_id)}"
        answer = self._get(party, "GET", address, large=True, headers={"Accept": "*/*"})
        if answer.status_code == httpx.codes.ACCEPTED:
            raise FeedBusy(self._calls.pause(answer), "report_not_ready")
        if answer.status_code != httpx.codes.OK or not answer.content:
            raise FeedBusy(self._calls.pause(answer), "no_report_in_the_answer")
        counted = self._get(party, "GET", self._endpoints.tradelines_url, params={"report": order_id}, large=True)
        return RawReport(
            media_type=answer.headers.get("content-type", "application/octet-stream")[:200],
            content=answer.content,
            tradelines=read(TradelinesAnswer, counted).counted(),
        )

    def fetch_scores(self, party: FeedParty) -> tuple[Score, ...]:
        """See `CreditFeed`: `GET {scores}`."""
        return read(ScoresAnswer, self._get(party, "GET", self._endpoints.scores_url)).said()

    def fetch_alerts(self, party: FeedParty, after: str) -> Alerts:
        """See `CreditFeed`: `GET {alerts}?after=`, one page of it."""
        params = {"after": after} if after else {}
        return read(AlertsAnswer, self._get(party, "GET", self._endpoints.alerts_url, params=params)).said()

    def _get(self, party: FeedParty, method: str, url: str, **parts: Any) -> httpx.Response:
        """A resource, with tokens renewed when it is time, and once more when the provider does not accept them."""
        kept = self._renewing(lambda: self._tokens.fresh(party, self._oauth.renew))
        answer = self._call(kept, method, url, **parts)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            refused = kept.generation
            kept = self._renewing(lambda: self._tokens.renewed(party, refused, self._oauth.renew))
            answer = self._call(kept, method, url, **parts)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise LinkRefused("token_refused", "the provider does not accept a token it has just given; connect again")
        if not answer.is_success:
            raise self._calls.problem(answer)
        return answer

    def _call(self, kept: Kept, method: str, url: str, **parts: Any) -> httpx.Response:
        headers = {"Accept": "application/json", **parts.pop("headers", {}), "Authorization": f"Bearer {kept.access}"}
        return self._calls.ask(method, url, headers=headers, **parts)

    def _renewing(self, renewed: Callable[[], Kept]) -> Kept:
        try:
            return renewed()
        except LinkEnded as ended:
            self._throw_away(ended.tokens)
            raise LinkRefused("no_tokens", "the link was ended meanwhile; connect again") from None

    def _throw_away(self, tokens: Tokens) -> None:
        """Tokens that nobody will use are told to the provider, once: if it does not listen, they run out unused."""
        with suppress(FeedProblem):
            self._oauth.revoke(tokens)


def _plain(order_id: str) -> str:
    safe = order_id.isascii() and order_id.replace("-", "a").replace("_", "a").replace(".", "a").replace("~", "a")
    if not safe or not safe.isalnum() or order_id.startswith("."):
        raise FeedRefused("unknown_order", "this is no name of an order")
    return order_id
