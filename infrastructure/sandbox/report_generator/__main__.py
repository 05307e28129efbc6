"""`python -m infrastructure.sandbox.report_generator --seed N --out DIR` writes the sample files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infrastructure.sandbox.report_generator.samples import SEED, sample_files


def main(arguments: list[str] | None = None) -> int:
    """Write the samples of one seed and name the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED, help=f"which person to invent (default {SEED})")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; made if absent")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in sample_files(options.seed).items():
        path = options.out / name
        path.write_bytes(content)
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
