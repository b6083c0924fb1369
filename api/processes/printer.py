"""The printer's process: a page as HTML comes in, a PDF goes out.

The one idea: it is a process of its own, so that laying out pages takes neither the market's time nor its
memory, and what goes wrong in a library of the system ends here. What it prints it has been given whole: it
fetches nothing.

    python -m api.processes.printer < page.html > page.pdf

Ends with NOT_INSTALLED where WeasyPrint (the extra `pdf`), or the system's library it stands on, is not there.
"""

import sys
from typing import Final

NOT_INSTALLED: Final = 3
"""The exit code that says so; 1 and 2 are Python's own."""


def main() -> int:
    """From standard input to standard output."""
    try:
        from weasyprint import HTML  # an extra: asked for where it is needed
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError):  # it is not there; or it is, and the system lacks Pango
        return NOT_INSTALLED
    page = sys.stdin.buffer.read().decode()
    HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=())).write_pdf(sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
