"""A worker can carry out every command that a job may name."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

from infrastructure import job_runs

APPLICATION = Path(job_runs.__file__).parent.parent / "application"


def queued_commands() -> set[str]:
    """Every command class with a queue of its own, as the sources spell them."""
    found = set()
    for path in APPLICATION.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and path.name != "kernel.py":
                fields = {ast.unparse(line.target) for line in node.body if isinstance(line, ast.AnnAssign)}
                found |= {node.name} if "queue" in fields else set()
    return found


def test_a_fresh_worker_knows_every_command_that_is_ever_queued() -> None:
    ask = "import json; from infrastructure import job_runs as j; print(json.dumps(sorted(j.Command.registry)))"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, timeout=60)
    known = set(json.loads(answer.stdout))
    wanted = queued_commands()
    assert "FollowMailing" in wanted
    assert wanted <= known
