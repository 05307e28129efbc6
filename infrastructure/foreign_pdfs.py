"""PDFs made by others, inspected in a process of their own that may use little memory and time."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Final

MEMORY_BYTES: Final = 512 * 1024 * 1024
CPU_SECONDS: Final = 5
WALL_SECONDS: Final = 15
INPUT_BYTES_MAX: Final = 20_000_000
ROOT: Final = Path(__file__).resolve().parent.parent


def inspect_foreign(pdf: bytes, *, double_sided: bool = True) -> PreflightReport:
    """The preflight of a PDF of unknown origin. A file that exhausts its limits is reported as `too_costly`."""
    if len(pdf) > INPUT_BYTES_MAX:
        return _refused("too_many_bytes", f"the file must stay under {INPUT_BYTES_MAX} bytes")
    command = [sys.executable, str(Path(__file__)), "double" if double_sided else "single"]
    try:
        done = subprocess.run(  # noqa: S603
            command, input=pdf, capture_output=True, timeout=WALL_SECONDS, env={"PYTHONPATH": str(ROOT)}, check=False
        )
    except subprocess.TimeoutExpired:
        return _refused("too_costly", "the file takes too long to read")
    if done.returncode != 0:
        return _refused("too_costly", "the file takes too much memory or time to read")
    return PreflightReport.model_validate_json(done.stdout)


def _refused(code: str, message: str) -> PreflightReport:
    return PreflightReport(pages=0, problems=(PreflightProblem(code=code, page=None, message=message),))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _main() -> None:
    pdf = sys.stdin.buffer.read(INPUT_BYTES_MAX + 1)
    report = preflight(pdf, double_sided=sys.argv[1] == "double")
    sys.stdout.write(report.model_dump_json())


if __name__ == "__main__":
    _limit()
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]

from infrastructure.preflight import PreflightProblem, PreflightReport, preflight  # noqa: E402

if __name__ == "__main__":
    _main()
