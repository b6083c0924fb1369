"""Pages as PDF, made by a process of their own (`printer.py`).

The one idea: a server without the extra says so with a code. Few are made at once, each within a deadline,
so that who asks for many has to wait and the market does not.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from typing import Final

from api.processes.printer import NOT_INSTALLED
from api.wire.errors import refuse
from market.model.rejection import Code

COMMAND: Final = (sys.executable, "-m", "api.processes.printer")
AT_ONCE_MAX: Final = 2
"""Most PDFs in the making: each takes a processor for about a second and some 100 MB."""
DEADLINE_S: Final = 30.0
_making = 0


class PrintingFailed(Exception):
    """The printer's process ended without a PDF, though it is installed."""


async def pdf_of(
    page: str, *, command: Sequence[str] | None = None, deadline_s: float = DEADLINE_S
) -> bytes:
    """A page for people as a PDF.

    Args:
        page: HTML that stands on its own.
        command: starts the printer; None: COMMAND.
        deadline_s: real seconds it may take.

    Raises:
        RefusedError: PDF_NOT_INSTALLED; SYSTEM_BUSY where it takes too long, or as many are in the making
            as may be.
        PrintingFailed: a fault of ours.
    """
    global _making
    if _making >= AT_ONCE_MAX:
        raise refuse(Code.SYSTEM_BUSY)
    _making += 1
    try:
        return await _printed(page, command or COMMAND, deadline_s)
    finally:
        _making -= 1


async def _printed(page: str, command: Sequence[str], deadline_s: float) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        pdf, _ = await asyncio.wait_for(process.communicate(page.encode()), deadline_s)
    except TimeoutError:
        raise refuse(Code.SYSTEM_BUSY) from None
    finally:
        # Also where nobody waits for it any more.
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == NOT_INSTALLED:
        raise refuse(Code.PDF_NOT_INSTALLED)
    if process.returncode != 0 or not pdf.startswith(b"%PDF-"):
        raise PrintingFailed(f"the printer ended with {process.returncode}")
    return pdf
