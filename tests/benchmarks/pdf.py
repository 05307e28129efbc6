"""How fast a two-page letter is printed, beside WeasyPrint as it comes, on the same letter in the same run.

Three processes, one per way of printing, take turns letter by letter, in an order that chance decides, so that whatever
else the machine does slows all alike: `ours`; `plain`: no libharfbuzz-subset, host fonts, a new FontConfiguration and
a newly read style sheet per letter; `plain_hb`: the same with libharfbuzz-subset. Times are of warm processes, measured
inside them.
"""

from __future__ import annotations

import logging
import os
import platform
import random
import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

from domain.templates import LetterContent, compose
from infrastructure import letterhead
from infrastructure.vendors.weasy import WeasyPrinter, letter_html, render_letter
from tests.support.letters import letter_facts

AIM: Final = 2.3
"""Ours must be at least this many times as fast as `plain`."""
PAGES: Final = 2
WARM_UP: Final = 3
WAYS: Final = ("ours", "plain", "plain_hb")


def main(letters: int = 30, seed: int = 0) -> dict[str, Any]:
    """Print `letters` letters each way; the figures in milliseconds, ratios of medians, letters per second."""
    content = compose("bureau_dispute_611", 1, letter_facts())
    times, pages = _take_turns(content, letters, random.Random(seed))
    medians = {way: statistics.median(times[way]) for way in WAYS}
    ratio = medians["plain"] / medians["ours"]
    result: dict[str, Any] = {
        "bench": "pdf",
        "ok": ratio >= AIM and pages["ours"] == PAGES,
        "aim": AIM,
        "ratio_to_plain": round(ratio, 2),
        "ratio_to_plain_with_harfbuzz_subset": round(medians["plain_hb"] / medians["ours"], 2),
        "milliseconds": {way: _spread(times[way]) for way in WAYS},
        "pages": pages,
        "letters": letters,
        "seed": seed,
        "letters_per_second": {str(n): round(_throughput(content, letters, n), 2) for n in (1, 2)},
        "versions": {**WeasyPrinter().engine().model_dump(), "python": platform.python_version()},
        "cores": os.cpu_count(),
    }
    return result


def _spread(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    points = {"min": ordered[0], "p50": statistics.median(ordered), "p95": ordered[int(len(ordered) * 0.95)]}
    return {name: round(value * 1000, 1) for name, value in points.items()}


def _take_turns(
    content: LetterContent, letters: int, chance: random.Random
) -> tuple[dict[str, list[float]], dict[str, int]]:
    context = get_context("spawn")
    ends = {way: context.Pipe() for way in WAYS}
    children = [context.Process(target=_work, args=(way, content, ends[way][1]), daemon=True) for way in WAYS]
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    pages: dict[str, int] = {}
    for child in children:
        child.start()
    try:
        for turn in range(WARM_UP + letters):
            for way in chance.sample(WAYS, len(WAYS)):
                ends[way][0].send(True)
                seconds, pages[way] = ends[way][0].recv()
                if turn >= WARM_UP:
                    times[way].append(seconds)
    finally:
        for way in WAYS:
            ends[way][0].send(False)
        for child in children:
            child.join(timeout=10)
    return times, pages


def _work(way: str, content: LetterContent, orders: Connection) -> None:
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    printing = _ours(content) if way == "ours" else _plain(content, with_subsetter=way == "plain_hb")
    while orders.recv():
        started = time.perf_counter()
        pages = printing()
        orders.send((time.perf_counter() - started, pages))


def _ours(content: LetterContent) -> Callable[[], int]:
    return lambda: render_letter(content).pages


def _plain(content: LetterContent, *, with_subsetter: bool) -> Callable[[], int]:
    """WeasyPrint used the ordinary way, on the same HTML and the same rules but for the font."""
    import weasyprint
    from weasyprint.pdf import fonts as embedding
    from weasyprint.text.fonts import FontConfiguration

    if not with_subsetter:
        embedding.harfbuzz_subset = None
    rules = re.sub(r"@font-face \{.*?\}\n", "", letterhead.stylesheet()).replace(f'"{letterhead.FAMILY}"', "serif")

    def printing() -> int:
        fonts = FontConfiguration()
        css = weasyprint.CSS(string=rules, font_config=fonts)
        document = weasyprint.HTML(string=letter_html(content, None)).render(font_config=fonts, stylesheets=[css])
        document.write_pdf()
        return len(document.pages)

    return printing


def _throughput(content: LetterContent, letters: int, processes: int) -> float:
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(_pages, [content] * processes * WARM_UP))
        started = time.perf_counter()
        done = list(pool.map(_pages, [content] * letters))
        return len(done) / (time.perf_counter() - started)


def _pages(content: LetterContent) -> int:
    return render_letter(content).pages

