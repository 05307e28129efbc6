"""The generator's own command writes the sample files."""

import subprocess
import sys
from pathlib import Path

from infrastructure.sandbox.report_generator.__main__ import main
from infrastructure.sandbox.report_generator.samples import sample_files

ROOT = Path(__file__).parents[4]


def test_the_command_writes_every_sample(tmp_path, capsys):
    assert main(["--seed", "22", "--out", str(tmp_path / "new")]) == 0
    written = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    assert written == sample_files(22)
    assert capsys.readouterr().out.count("\n") == len(written)


def test_it_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "infrastructure.sandbox.report_generator", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "first_pull.json").read_bytes() == (ROOT / "samples" / "first_pull.json").read_bytes()
