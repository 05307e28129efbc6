"""The API's own documentation, served by itself: operations, and a page for each problem code."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from starlette.responses import HTMLResponse, Response

from api.problem_kinds import PAGES, Kind, kinds

_FOLDER: Final = Path(__file__).parent / "swagger_ui"
_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon-32x32.png": "image/png",
    "LICENSE": "text/plain; charset=utf-8",
    "NOTICE": "text/plain; charset=utf-8",
}
_ONE_DAY: Final = {"Cache-Control": "public, max-age=86400"}
router = APIRouter(include_in_schema=False)


def _page(title: str, body: str, head: str = "") -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}</head><body>{body}</body></html>',
        headers=_ONE_DAY,
    )


@router.get("/docs")
def docs() -> Response:
    """Every operation, to read and to try."""
    head = (
        '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">'
        '<link rel="icon" href="/docs/assets/favicon-32x32.png">'
        '<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/assets/start.js"></script>'
    )
    return _page("SFDIFY API", '<div id="swagger-ui" data-openapi="/openapi.json"></div>', head)


@router.get("/docs/assets/{name}")
def asset(name: str) -> Response:
    """One of the files the documentation is made of; nothing is loaded from elsewhere."""
    if name not in _ASSETS:
        raise HTTPException(404)
    return Response((_FOLDER / name).read_bytes(), media_type=_ASSETS[name], headers=_ONE_DAY)


@router.get(PAGES)
def problem_index() -> Response:
    """Every problem code with its status."""
    rows = "".join(
        f'<tr><td><a href="{PAGES}/{escape(kind.code)}">{escape(kind.code)}</a></td>'
        f"<td>{kind.status}</td><td>{escape(kind.title)}</td></tr>"
        for kind in kinds().values()
    )
    table = f"<table><thead><tr><th>code</th><th>status</th><th>title</th></tr></thead><tbody>{rows}</tbody></table>"
    return _page("Problems", f"<h1>Problems</h1>{table}")


@router.get(PAGES + "/{code}")
def problem_page(code: str) -> Response:
    """What one code means and what to do; the `type` of every problem leads here."""
    kind = kinds().get(code)
    if kind is None:
        raise HTTPException(404)
    return _page(kind.title, _description(kind))


def _description(kind: Kind) -> str:
    return (
        f"<h1>{escape(kind.title)}</h1><p><code>{escape(kind.code)}</code>, HTTP status {kind.status}</p>"
        f"<h2>What it means</h2><p>{escape(kind.meaning)}</p><h2>What to do</h2><p>{escape(kind.remedy)}</p>"
        f'<p><a href="{PAGES}">All problems</a></p>'
    )
