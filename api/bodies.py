"""Reading bodies, of those who may come in at all, and JSON strictly: what two parsers could read differently, or a
database cannot keep, is refused. So is a parameter of the address that nobody would look at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, ClassVar, Final

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.access import admission

LONGEST_NUMBER: Final = 40
_Where = tuple[str | int, ...]


class JsonRoute(APIRoute):
    """A route that reads no body before its caller is known. A JSON body is read by `read_json`; bodies of other
    types pass as they are. A parameter that the address does not take, or takes once and is given twice, is refused:
    a filter with a slip in its name would show everything."""

    any_query: ClassVar[bool] = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, behind the caller's admission and the strict reading of address and body."""
        handler, admit = super().get_route_handler(), admission(self.dependant)
        known, takes_body = frozenset(_query_names(self.dependant)), self.body_field is not None

        async def strict(request: Request) -> Response:
            odd = [] if self.any_query or not request.url.query else _odd_parameters(request, known)
            if admit is not None and (takes_body or odd):
                await admit(request)
            if odd:
                raise RequestValidationError(odd)
            if takes_body and media_type_of(request.headers) == "application/json" and (raw := await request.body()):
                request._json = read_json(raw)  # where the framework looks for what was parsed before
            return await handler(request)

        return strict


class OpenRoute(JsonRoute):
    """A route whose callers are not ours to instruct; what they add to the address is ignored."""

    any_query: ClassVar[bool] = True


def media_type_of(headers: Mapping[str, str]) -> str:
    """The type a body is said to be, without its parameters; empty if nothing is said."""
    return headers.get("content-type", "").split(";")[0].strip().lower()


def read_json(raw: bytes) -> Any:
    """The value of a body. Raises RequestValidationError: `json_invalid` for what is no JSON in UTF-8, has a name
    twice, NaN, or a number of over 40 digits; `string_unusable` for NUL and half characters inside a text."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",), "msg": "not JSON"}]) from None
    unusable = [
        {"type": "string_unusable", "loc": ("body", *where), "msg": "holds a NUL or half a character"}
        for where in _unusable(value, ())
    ]
    if unusable:
        raise RequestValidationError(unusable)
    return value


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for one in dependant.dependencies:
        yield from _query_names(one)


def _odd_parameters(request: Request, known: frozenset[str]) -> list[dict[str, Any]]:
    given = Counter(name for name, _ in request.query_params.multi_items())
    takes = f"this address takes {', '.join(sorted(known))}" if known else "this address takes no parameters"
    unknown = [{"type": "unknown_parameter", "loc": ("query", n), "msg": takes} for n in given if n not in known]
    return unknown + [
        {"type": "repeated_parameter", "loc": ("query", name), "msg": "give it once"}
        for name, times in given.items()
        if name in known and times > 1
    ]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(digits)


def _decimal(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return float(digits)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _unusable(value: object, where: _Where) -> Iterator[_Where]:
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            yield where
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unusable(item, (*where, number))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _unusable(name, where)
            yield from _unusable(item, (*where, name))
