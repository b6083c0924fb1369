"""Whether a browser's request comes from the site's own pages.

The one idea: a cookie says who it is, not that he wanted it. So what changes something by a cookie has
to say where it comes from, in a header that no page can set (Fetch Metadata, else Origin), and has
to be of a kind that no foreign form can send. The cookie's SameSite=Strict is the first wall, this
is the second. For signing in it holds without a cookie too: else a foreign page could sign somebody in
as somebody else.
"""

from typing import Final

from starlette.requests import Request

from api.wire.errors import refuse
from api.wire.formats import Form
from market.model.rejection import Code

_SAFE: Final = frozenset({"GET", "HEAD"})
_OF_FORMS: Final = frozenset(
    {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}
)
"""What a page may send anywhere without having been allowed to: what a form sends, or nothing said."""
_SAME: Final = "same-origin"


def require(request: Request, origin: str, *, takes: tuple[Form, ...]) -> None:
    """Let a request pass that changes nothing, or that the site's own page has sent.

    Args:
        request: with a session's cookie, or about to be given one.
        origin: of the site's own pages.
        takes: what its body may be written in.

    Raises:
        RefusedError: CROSS_SITE.
    """
    if request.method in _SAFE:
        return
    site, said = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if said is not None and said != origin:
        raise refuse(Code.CROSS_SITE)
    if site is not None and site != _SAME:
        raise refuse(Code.CROSS_SITE)
    if site is None and said is None:
        raise refuse(Code.CROSS_SITE)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not media and _is_empty(request):
        return
    if media in _OF_FORMS and media not in takes:
        raise refuse(Code.CROSS_SITE)


def _is_empty(request: Request) -> bool:
    return (
        request.headers.get("content-length", "0") == "0"
        and "transfer-encoding" not in request.headers
    )
