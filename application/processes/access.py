"""What ends by itself when somebody may no longer do a thing, and what follows when a person is forgotten."""

from __future__ import annotations

from application.api_keys import EndApiKey, EndKeysBeyond
from application.consumers import PurgeConsumer
from application.kernel import Step, on
from application.webhook_endpoints import ShutWebhookEndpoint
from domain.api_keys import ApiKey
from domain.consumers import Consumer
from domain.users import User
from domain.webhook_endpoints import WebhookEndpoint


@on(Consumer.Erased)
def purge_consumer_on_consumer_erased(erased: Consumer.Erased) -> Step:
    yield PurgeConsumer(consumer_id=erased.originator_id)


@on(ApiKey.Revoked)
def end_api_key_on_api_key_revoked(revoked: ApiKey.Revoked) -> Step:
    yield EndApiKey(key_id=revoked.originator_id)


@on(User.RoleChanged)
def end_keys_beyond_on_user_role_changed(changed: User.RoleChanged) -> Step:
    yield EndKeysBeyond(user_id=changed.originator_id)


@on(User.Disabled)
def end_keys_beyond_on_user_disabled(disabled: User.Disabled) -> Step:
    yield EndKeysBeyond(user_id=disabled.originator_id)


@on(WebhookEndpoint.Closed)
def shut_webhook_endpoint_on_webhook_endpoint_closed(closed: WebhookEndpoint.Closed) -> Step:
    yield ShutWebhookEndpoint(endpoint_id=closed.originator_id)
