"""Commands for operators and auditors, each on a good path and on bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from rich.console import Console

from api.cli import operating
from infrastructure.event_store import verify_log
from infrastructure.jobs import JobState
from infrastructure.projecting.positions import maintenance
from infrastructure.settings import CHECKOUT
from projections import ALL
from tests.support.commands import Commands

pytestmark = pytest.mark.slow
REPORT = str(CHECKOUT / "samples" / "first_pull.json")


def test_every_command_has_a_sentence_of_help() -> None:
    for group in (operating.projections, operating.jobs, operating.audit, operating.consumers):
        assert group.registered_commands
        assert all(command.callback and command.callback.__doc__ for command in group.registered_commands)


def test_projections_are_listed_and_are_level(run: Commands) -> None:
    listed = run("projections", "list")
    assert listed.status == 0
    assert [line.partition(":")[0] for line in listed.out.splitlines()] == [one.name for one in ALL]
    shown = run("projections", "status", "--json")
    assert shown.status == 0
    rows = json.loads(shown.out)
    assert {row["name"] for row in rows} == {one.name for one in ALL}
    assert all(row["lag_events"] == 0 and row["parked"] == 0 for row in rows)
    assert ALL[0].name in run("projections", "status").out


def test_a_projection_of_another_release_is_told_and_dropped_on_purpose_alone(run: Commands) -> None:
    with run.projector() as conn:
        conn.execute("CREATE TABLE rm.old_scores (tenant_id uuid)")
        conn.execute("INSERT INTO es.projection (name, version, shape, tables) VALUES ('old', 3, 'x', '{old_scores}')")
        conn.execute("INSERT INTO es.position (name) VALUES ('old')")
    shown = run("projections", "status", "--json")
    assert shown.status == 0, "what nobody reads keeps nobody from working"
    assert {row["name"]: row["state"] for row in json.loads(shown.out)}["old"] == "not of this release"
    assert run("projections", "drop", "old").status == 1, "nobody said yes"
    assert "is of this release" in run.refused("projections", "drop", "disputes", "--yes")
    assert "holds no projection nosuch" in run.refused("projections", "drop", "nosuch", "--yes")
    dropped = run("projections", "drop", "old", "--yes")
    assert (dropped.status, dropped.out) == (0, "old: dropped rm.old_scores and 0 parked events\n")
    assert "old" not in {row["name"] for row in json.loads(run("projections", "status", "--json").out)}
    with run.projector() as conn:
        assert conn.execute("SELECT to_regclass('rm.old_scores')").fetchone() == (None,)
        assert conn.execute("SELECT FROM es.position WHERE name = 'old'").rowcount == 0


def test_a_projection_is_rebuilt_and_verified(run: Commands) -> None:
    rebuilt = run("projections", "rebuild", "disputes")
    assert rebuilt.status == 0
    assert "disputes:" in rebuilt.out
    verified = run("projections", "verify", "disputes", "--json")
    assert verified.status == 0
    assert [(row["name"], row["ok"]) for row in json.loads(verified.out)["projections"]] == [("disputes", True)]


def test_every_projection_is_rebuilt_and_verified(run: Commands) -> None:
    assert run("projections", "rebuild", "--all").status == 0
    verified = run("projections", "verify", "--json")
    assert verified.status == 0
    rows = json.loads(verified.out)["projections"]
    assert len(rows) == len(ALL)
    assert all(row["ok"] and row["differences"] == 0 for row in rows)


def test_what_cannot_be_rebuilt_is_said_and_the_rest_is_rebuilt(run: Commands) -> None:
    with run.projector() as conn, maintenance(conn, ALL[0].name):
        rebuilt = run("projections", "rebuild", "--all", "--accept-parked")
    assert rebuilt.status == 1
    assert f"projection {ALL[0].name} is being rebuilt" in rebuilt.err
    assert all(f"{one.name}: " in rebuilt.out for one in ALL[1:])


def test_a_wrong_row_is_named_and_fails(run: Commands) -> None:
    with run.projector() as conn:
        one = "(SELECT task_id FROM rm.tasks LIMIT 1)"
        row = conn.execute(f"UPDATE rm.tasks SET status = 'x' WHERE task_id = {one} RETURNING task_id").fetchone()
        assert row is not None
        task = str(row[0])
    verified = run("projections", "verify", "tasks", "--json")
    assert verified.status == 1
    (told,) = json.loads(verified.out)["projections"]
    assert [(row["kind"], row["columns"], row["key"][-1]) for row in told["found"]] == [("different", ["status"], task)]
    assert run("projections", "rebuild", "tasks").status == 0
    assert run("projections", "verify", "tasks").status == 0


def test_what_cannot_be_verified_is_said_and_the_rest_is_verified(run: Commands) -> None:
    with run.projector() as conn, maintenance(conn, "tasks"):
        verified = run("projections", "verify", "--json")
    assert verified.status == 1
    found = json.loads(verified.out)
    rows = {row["name"]: row for row in found["projections"]}
    assert not found["ok"]
    assert len(rows) == len(ALL)
    assert [name for name, row in rows.items() if not row["ok"]] == ["tasks"]
    assert "try again" in rows["tasks"]["why"]


def test_nothing_is_parked(run: Commands) -> None:
    parked = run("projections", "parked", "--json")
    assert (parked.status, json.loads(parked.out)) == (0, [])


def test_replaying_a_projection_with_nothing_parked_changes_nothing(run: Commands) -> None:
    assert run("projections", "replay", "disputes").status == 0


@pytest.mark.parametrize(
    "arguments",
    [("rebuild",), ("rebuild", "disputes", "--all"), ("rebuild", "nosuch"), ("verify", "nosuch"), ("replay", "nosuch")],
    ids=" ".join,
)
def test_an_unknown_projection_is_refused(run: Commands, arguments: tuple[str, ...]) -> None:
    assert "projection" in run.refused("projections", *arguments, status=2)


def test_a_job_is_listed_shown_set_aside_and_retried(run: Commands) -> None:
    assert run("reports", "import", REPORT, "--consumer", str(run.new_consumer())).status == 0
    with run.product() as product:
        found = product.jobs.of_everyone([JobState.READY], limit=1)
    assert found, "no worker runs here, so the report's comparison waits"
    job_id = str(found[0].id)
    listed = run("jobs", "list", "--state", "ready", "--json")
    assert listed.status == 0
    assert job_id in {row["id"] for row in json.loads(listed.out)}
    shown = json.loads(run("jobs", "show", job_id).out)
    assert shown["id"] == job_id
    assert run("jobs", "bury", job_id).out == f"bury: {job_id}\n"
    assert json.loads(run("jobs", "list", "--state", "buried", "--json").out)[0]["id"] == job_id
    assert "cannot be changed by bury" in run.refused("jobs", "bury", job_id)
    assert run("jobs", "retry", job_id).out == f"retry: {job_id}\n"
    assert "cannot be changed by retry" in run.refused("jobs", "retry", job_id)


def test_ids_can_be_copied_from_the_table_of_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operating, "out", Console(file=StringIO(), width=80))
    row = {"id": str(uuid4()), "queue": "webhook_proc", "state": "buried", "error": "PieceUnknown at webhooks.py:55"}
    operating._show([row], False)
    assert f"│ {row['id']} │" in operating.out.file.getvalue()  # type: ignore[attr-defined]


def test_jobs_that_are_not_there_are_refused(run: Commands) -> None:
    for verb in ("show", "retry", "bury"):
        assert "no job of this id" in run.refused("jobs", verb, str(uuid4()))
    assert "UUID" in run.refused("jobs", "show", "nonsense", status=2)
    assert "--limit" in run.refused("jobs", "list", "--limit", "0", status=2)
    assert "--state" in run.refused("jobs", "list", "--state", "nosuch", status=2)


def test_the_chain_holds_here_and_for_a_stranger(run: Commands, tmp_path: Path) -> None:
    verified = run("audit", "verify", "--json")
    assert verified.status == 0
    found = json.loads(verified.out)
    assert found["ok"]
    assert found["bad"] == []
    assert found["events"] > 200
    export = tmp_path / "log.jsonl"
    assert f"{found['events']} events" in run("audit", "export", str(export)).out
    script = str(Path(verify_log.__file__))
    alone = subprocess.run([sys.executable, "-I", script, str(export)], cwd=tmp_path, capture_output=True, text=True)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    lines[len(lines) // 2]["state"] += "00"
    export.write_text("".join(json.dumps(line) + "\n" for line in lines))
    again = subprocess.run([sys.executable, "-I", script, str(export)], cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode != 0


def test_an_export_to_nowhere_is_refused(run: Commands, tmp_path: Path) -> None:
    assert "No such file" in run.refused("audit", "export", str(tmp_path / "absent" / "log.jsonl"))


def test_an_export_of_a_tenant_that_is_not_there_leaves_what_lay_there(run: Commands, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("kept")
    assert "no tenant of this id" in run.refused("audit", "export", str(path), "--tenant", str(uuid4()))
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("log.jsonl", "kept")]
    assert run("audit", "export", str(path), "--tenant", run.demonstrated.facts["tenant_id"]).status == 0
    assert verify_log.main([str(path)]) == 0


NEEDING_A_SCHEMA = [
    ("projections", "status"), ("projections", "parked"), ("projections", "verify"),
    ("projections", "rebuild", "--all"), ("projections", "replay", "disputes"),
    ("projections", "drop", "old", "--yes"), ("audit", "verify"),
    ("audit", "export", "log.jsonl"), ("jobs", "list"), ("consumers", "erase", str(UUID(int=0)), "--yes"),
    ("findings", "explain", str(UUID(int=0))), ("reports", "import", REPORT, "--consumer", str(UUID(int=0))),
]  # fmt: skip


@pytest.mark.parametrize("arguments", NEEDING_A_SCHEMA, ids=lambda given: " ".join(given[:2]))
def test_a_database_without_a_schema_is_one_plain_line(
    run: Commands, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SFDIFY_DATABASE", "never_migrated")
    monkeypatch.chdir(tmp_path)
    assert run.refused(*arguments) == "sfdify: the database has no schema yet, or an old one; run: sfdify migrate\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", NEEDING_A_SCHEMA, ids=lambda given: " ".join(given[:2]))
def test_a_database_out_of_reach_is_one_plain_line_that_says_why(
    run: Commands, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin:not-to-be-seen@127.0.0.1:1/books")
    said = run.refused(*arguments)
    assert "Connection refused" in said
    assert "not-to-be-seen" not in said


def test_an_erased_consumer_is_gone_and_the_log_still_holds(run: Commands) -> None:
    consumer = str(run.new_consumer())
    again = run("reports", "import", REPORT, "--consumer", consumer)
    assert again.status == 0, again
    objects = [path for path in (run.demonstrated.home / "objects").rglob("*") if path.is_file()]
    assert objects
    erased = run("consumers", "erase", consumer, "--yes")
    assert erased.status == 0, erased
    said = erased.out.splitlines()
    assert "key destroyed: True" in said
    assert "stream loads without the person: True" in said
    assert any(line.startswith("query tables:") for line in said)
    left = [path for path in (run.demonstrated.home / "objects").rglob("*") if path.is_file()]
    assert f"objects erased: {len(objects) - len(left)}" in said
    assert len(left) < len(objects)
    assert run("audit", "verify").status == 0
    assert run("projections", "rebuild", "--all").status == 0
    assert run("projections", "verify").status == 0
    assert run("consumers", "erase", consumer, "--yes").status == 0


def test_a_consumer_no_query_table_has_seen_yet_is_erased_and_stays_so(run: Commands) -> None:
    consumer = run.new_consumer(projected=False)
    with run.projector() as conn, maintenance(conn, "consumers"):
        assert conn.execute("SELECT FROM rm.consumers WHERE consumer_id = %s", (consumer,)).rowcount == 0
        row = conn.execute("SELECT count(*) FROM es.event WHERE originator_id = %s", (consumer,)).fetchone()
        assert row is not None
        assert row[0] > 0
    erased = run("consumers", "erase", str(consumer), "--yes")
    assert erased.status == 0, erased
    assert {"key destroyed: True", "query tables: erased"} <= set(erased.out.splitlines())
    for _ in ("as it was followed", "as it is rebuilt"):
        with run.projector() as conn:
            query = "SELECT given_name, family_name, email, phone, erased FROM rm.consumers WHERE consumer_id = %s"
            assert conn.execute(query, (consumer,)).fetchone() == (None, None, None, None, True)
        assert run("projections", "rebuild", "consumers").status == 0


def test_erasing_nobody_is_refused(run: Commands) -> None:
    assert run.refused("consumers", "erase", str(uuid4()), "--yes")
    assert "UUID" in run.refused("consumers", "erase", "nonsense", "--yes", status=2)
