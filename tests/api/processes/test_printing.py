"""PDFs are made in a process of their own: few at once, within a deadline, and never a half one."""

import asyncio

import pytest

from api.processes import printing
from api.processes.printer import NOT_INSTALLED
from api.processes.printing import PrintingFailed, pdf_of
from api.wire.errors import RefusedError
from tests.api.printers import printer

ECHO = printer("sys.stdout.write('%PDF-' + sys.stdin.read())")


def code_of(refused: pytest.ExceptionInfo[RefusedError]) -> str:
    return refused.value.rejections[0].code.value


def test_what_the_printer_says_is_the_pdf() -> None:
    assert asyncio.run(pdf_of("电费账单", command=ECHO)) == "%PDF-电费账单".encode()


def test_a_printer_that_is_not_installed_is_a_refusal() -> None:
    with pytest.raises(RefusedError) as refused:
        asyncio.run(pdf_of("page", command=printer(f"sys.exit({NOT_INSTALLED})")))
    assert code_of(refused) == "PDF_NOT_INSTALLED"


def test_a_printer_that_hangs_is_ended() -> None:
    with pytest.raises(RefusedError) as refused:
        asyncio.run(pdf_of("page", command=printer("time.sleep(600)"), deadline_s=0.2))
    assert code_of(refused) == "SYSTEM_BUSY"


@pytest.mark.parametrize("code", ["sys.exit(1)", "print('half')", "pass"])
def test_what_is_no_pdf_is_a_surprise(code: str) -> None:
    with pytest.raises(PrintingFailed):
        asyncio.run(pdf_of("page", command=printer(code)))


def test_few_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "AT_ONCE_MAX", 1)

    async def two() -> None:
        first = asyncio.create_task(pdf_of("page", command=printer("time.sleep(600)")))
        await asyncio.sleep(0)  # the first one is on its way
        with pytest.raises(RefusedError) as refused:
            await pdf_of("page", command=ECHO)
        assert code_of(refused) == "SYSTEM_BUSY"
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await pdf_of("page", command=ECHO) == b"%PDF-page"

    asyncio.run(two())
