"""From the facts of a letter to bytes that may be mailed: composed, linted, printed, checked for the post."""

from __future__ import annotations

from application.ports import PrintedLetter
from domain.kernel import DomainError
from domain.letter_facts import LetterFacts
from domain.linter import lint
from domain.templates import compose
from infrastructure.preflight import preflight
from infrastructure.vendors.weasy import WeasyPrinter


class LetterPress:
    """The printer of the product. Whatever a letter must not say or show makes it a refusal, never a warning."""

    def __init__(self) -> None:
        self._printer = WeasyPrinter()

    def print_letter(self, letter_type: str, version: int, facts: LetterFacts) -> PrintedLetter:
        """The exact bytes, or the codes of every problem found."""
        try:
            content = compose(letter_type, version, facts)
            problems = tuple(sorted({problem.rule for problem in lint(content, facts)}))
            if problems:
                return _refused(problems)
            rendered = self._printer.render(content)
        except DomainError as refused:
            return _refused((refused.code,))
        report = preflight(rendered.pdf)
        return PrintedLetter(
            pdf=rendered.pdf,
            sha256=rendered.sha256,
            pages=rendered.pages,
            engine=rendered.engine.model_dump(),
            problems=tuple(sorted({problem.code for problem in report.problems})),
        )


def _refused(problems: tuple[str, ...]) -> PrintedLetter:
    return PrintedLetter(pdf=b"", sha256="", pages=0, engine={}, problems=problems)
