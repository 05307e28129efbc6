"""Every query table that is shown exists as it is described, and its lists have an order."""

from __future__ import annotations

from uuid import UUID

import pytest

from api import sources
from api.reads import Source
from projections import ALL
from tests.support.api import Served
from tests.support.cases_over_http import Firm

SOURCES = {name: source for name, source in vars(sources).items() if isinstance(source, Source)}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_reads_its_table(served: Served, firms: tuple[Firm, Firm], name: str) -> None:
    source = SOURCES[name]
    tenant_id = UUID(firms[0].tenant_id)
    columns = (source.sort, source.id, *((source.case,) if source.case else ()))
    with served.sfdify.pool.connection() as conn, conn.transaction():
        conn.execute("SELECT set_config('app.tenant_id', %s, true)", (str(tenant_id),))
        rows = conn.execute(source.select(columns)).fetchall()

    assert rows, name


def test_every_source_waits_for_projections_there_are() -> None:
    known = {projection.name for projection in ALL}

    for name, source in SOURCES.items():
        assert set(source.projections) <= known, name
