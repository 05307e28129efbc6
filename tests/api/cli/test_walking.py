"""Bringing a report in from the command line."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from api.cli import walking
from infrastructure.postgres import tenant_transaction
from infrastructure.settings import CHECKOUT
from tests.support.commands import Commands

pytestmark = pytest.mark.slow
REPORT = str(CHECKOUT / "samples" / "day_20.json")


def test_the_commands_say_what_they_do() -> None:
    assert walking.demo.__doc__
    assert walking.import_report.__doc__


def test_a_report_is_brought_in(run: Commands) -> None:
    done = run("reports", "import", REPORT, "--consumer", str(run.new_consumer()))
    assert done.status == 0, done
    assert re.fullmatch(r"report [0-9a-f-]{36}: 31 tradelines, 24 findings\n", done.out)


def test_a_free_annual_copy_is_brought_in_as_one(run: Commands) -> None:
    done = run("reports", "import", REPORT, "--consumer", str(run.new_consumer()), "--free-annual")
    assert done.status == 0, done
    report_id = done.out.removeprefix("report ").partition(":")[0]
    tenant_id = UUID(run.demonstrated.facts["tenant_id"])
    with run.product() as product, product.pool.connection() as conn, tenant_transaction(conn, tenant_id):
        topics = conn.execute("SELECT topic FROM es.event WHERE originator_id = %s", (report_id,)).fetchall()
    assert ("report.noted_free_annual.v1",) in topics


def test_what_cannot_be_brought_in_is_one_plain_line(run: Commands, tmp_path: Path) -> None:
    odd = tmp_path / "odd.json"
    odd.write_text("{}")
    assert run.refused("reports", "import", str(odd), "--consumer", str(run.new_consumer()))
    assert "No such file" in run.refused("reports", "import", "absent.json", "--consumer", str(run.new_consumer()))
    assert "no consumer of this id" in run.refused("reports", "import", REPORT, "--consumer", str(uuid4()))
    assert "--consumer" in run.refused("reports", "import", REPORT, "--consumer", "nonsense", status=2)
