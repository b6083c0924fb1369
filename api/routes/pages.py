"""Pages for people: console and portal, what a refusal means, the machine-readable description."""

from html import escape
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, RedirectResponse, Response

from api.call import Address, Call
from api.wire.errors import PROBLEMS, refuse
from market.model.rejection import Code

CONSOLE: Final = Path(__file__).parents[1] / "console"
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}
_APPLICATIONS: Final = ("console", "portal")
"""Each has one page, which knows by itself what to show at an address under its name."""
_FIRST: Final = "/console/"
_ASSETS: Final = "assets/"
_FOREVER: Final = "public, max-age=31536000, immutable"
"""Built files carry a hash of their content in their name."""


def _page(title: str, *paragraphs: str) -> str:
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )


def _html(text: str) -> Response:
    return Response(text, media_type="text/html", headers=_PAGE_HEADERS)


async def problem_page(call: Call) -> Response:
    """What a code means and what to do about it."""
    try:
        code = Code(call.path_id["code"])
    except ValueError:
        raise refuse(Code.NOT_FOUND) from None
    problem = PROBLEMS[code]
    return _html(_page(code.value, f"{problem.title} ({problem.status}).", problem.action))


def _file(name: str) -> Path | None:
    """A file of the built console; None: there is none of this name."""
    if "\0" in name:
        return None
    try:
        path = (CONSOLE / name).resolve()
        return path if path.is_relative_to(CONSOLE.resolve()) and path.is_file() else None
    except OSError:  # a name longer than any file's
        return None


async def first_page(_call: Call) -> Response:
    """Leads to the console."""
    return RedirectResponse(_FIRST, status_code=302, headers=_PAGE_HEADERS)


def _page_name(path: str) -> str | None:
    """The application's page at an address; None: the address is a file's."""
    parts = path.split("/")
    return f"{parts[0]}.html" if parts[0] in _APPLICATIONS and "." not in parts[-1] else None


async def page_or_file(call: Call) -> Response:
    """An application's page at every address under its name, else a file of theirs."""
    path = call.path_id.get("path", "")
    page = _page_name(path)
    found = await run_in_threadpool(_file, path if page is None else page)
    if found is not None:
        caching = {"Cache-Control": _FOREVER} if path.startswith(_ASSETS) else {}
        return FileResponse(found, headers={**_PAGE_HEADERS, **caching})
    if page is None:
        raise refuse(Code.NOT_FOUND)
    return _html(
        _page(
            "wattmarket",
            "The server is well. Its pages have not been built yet: make setup builds them.",
            "The description of the interface is at /v1/openapi.json.",
        )
    )


async def description(call: Call) -> Response:
    """The interface as OpenAPI."""
    text: bytes = call.request.app.state.description()
    return Response(text, media_type="application/json")


ADDRESSES: Final = (
    Address(
        method="GET",
        path="/v1/openapi.json",
        handler=description,
        about="This description",
        described=False,
    ),
    Address(
        method="GET",
        path="/problems/{code}",
        handler=problem_page,
        about="What a code means",
        described=False,
    ),
    Address(
        method="GET", path="/", handler=first_page, about="Leads to the console", described=False
    ),
    Address(
        method="GET",
        path="/{path:path}",
        handler=page_or_file,
        about="Console, portal and their files",
        described=False,
    ),
)
