"""Endpoints are opened and closed on record; the door itself is shut by a job as well."""

from uuid import uuid4

import pytest

from application.webhook_endpoints import CloseWebhookEndpoint, OpenWebhookEndpoint, ShutWebhookEndpoint
from domain.kernel import Forbidden, NotFound, Role
from domain.webhook_endpoints import WebhookEndpoint
from tests.support.scenarios import keyed, when
from tests.support.world import World


def test_an_endpoint_is_opened_once_for_each_request() -> None:
    world, request = World(), keyed()
    opened = world.bus.handle(OpenWebhookEndpoint(provider="lob"), owner := world.caller(Role.OWNER), request)
    again = world.bus.handle(OpenWebhookEndpoint(provider="lob"), owner, request)
    assert again.replayed
    assert str(again.answer["endpoint_id"]) == str(opened.answer["endpoint_id"])
    assert world.get(WebhookEndpoint, opened.answer["endpoint_id"]).opened_by == owner.actor_id


def test_a_closed_endpoint_is_shut_by_a_job_whatever_becomes_of_the_request() -> None:
    world = World()
    endpoint_id = when(world, OpenWebhookEndpoint(provider="lob"), Role.OWNER).answer["endpoint_id"]
    world.credentials.endpoints[endpoint_id] = "lob"
    closing = CloseWebhookEndpoint(endpoint_id=endpoint_id)
    assert when(world, closing, Role.OWNER).kinds == [WebhookEndpoint.Closed]
    assert endpoint_id in world.credentials.endpoints
    world.settle()
    assert (world.credentials.endpoints, world.failed) == ({}, {})
    with pytest.raises(NotFound):
        when(world, closing, Role.OWNER)


def test_an_endpoint_from_before_the_record_is_put_there_with_its_end() -> None:
    world, endpoint_id = World(), uuid4()
    world.credentials.endpoints[endpoint_id] = "lob"
    closed = when(world, CloseWebhookEndpoint(endpoint_id=endpoint_id), Role.OWNER)
    assert closed.kinds == [WebhookEndpoint.Opened, WebhookEndpoint.Closed]
    assert world.get(WebhookEndpoint, endpoint_id).opened_by is None


def test_an_endpoint_that_nobody_knows_is_not_found() -> None:
    with pytest.raises(NotFound):
        when(World(), CloseWebhookEndpoint(endpoint_id=uuid4()), Role.OWNER)


def test_only_who_manages_the_tenant_opens_and_closes_and_only_the_engine_shuts() -> None:
    world = World()
    for command in (OpenWebhookEndpoint(provider="lob"), CloseWebhookEndpoint(endpoint_id=uuid4())):
        with pytest.raises(Forbidden):
            when(world, command, Role.OPERATOR)
    with pytest.raises(Forbidden):
        when(world, ShutWebhookEndpoint(endpoint_id=uuid4()), Role.OWNER)
