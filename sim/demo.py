"""The demonstration: server, market, village and clock together, from one command.

The one idea: it does what an operator would do by hand, with the same commands and calls: start
the server, create the market from its file, start the simulation, start the clock, and read the
report when the day is over. What it starts it also ends.
"""
# house: long because the parts of one evening's show are started and ended in one place.

import asyncio
import fcntl
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sim.collect import collect
from sim.cut import Cut, read_cut, tend
from sim.faults import read_faults
from sim.profiles import load_village
from sim.progress import Progress, progress_for
from sim.scenario import FOLDER, MARKET_ID, SEED
from wattmarket import AsyncClient, Client, UsageError, WattmarketError
from wattmarket.market_file import create_market, read_market_file, write_credentials

START: Final = "2016-06-14T22:00:00+01:00"
DAY: Final = "2016-06-15"
INTERVALS: Final = 96
SERVER_UP_S: Final = 60.0
READY_S: Final = 120.0
ENDING_S: Final = 10.0
"""A child that does not end in this time is killed."""
_DATABASE: Final = "WATTMARKET_DATABASE_URL"
RESTARTS_MAX: Final = 10
LOOK_S: Final = 0.1
LAST_LINES: Final = 15
INTERRUPTED: Final = 130


class DemoError(WattmarketError):
    """The demonstration cannot go on; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is to go wrong, as it was asked for."""

    scenario: Path | None
    cut: str | None

    def words(self) -> list[str]:
        """For the simulation's command line."""
        given = (("--scenario", self.scenario), ("--cut", self.cut))
        return [word for name, value in given if value is not None for word in (name, str(value))]


@dataclass(slots=True)
class Server:
    """The server's process, started again when it dies: that nothing is lost is part of the show."""

    port: int
    var: Path
    speed: float
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    _ending: bool = field(default=False)

    @property
    def log_path(self) -> Path:
        """What it printed."""
        return self.var / "server.log"

    @property
    def operator_path(self) -> Path:
        """The operator's credentials, which the server makes when it first starts."""
        return self.var / "credentials" / "operator.json"

    async def start(self, *, paused: bool) -> None:
        """Start the process on the market's file as it is."""
        words = [
            "serve", "--port", str(self.port), "--var", str(self.var),
            "--start", START, "--speed", str(self.speed), "--no-announce",
        ]  # fmt: skip
        self.process = await start_child([*words, *(["--paused"] if paused else [])], self.log_path)

    async def supervise(self, progress: Progress) -> None:
        """Start it again whenever it ends by itself.

        Raises:
            DemoError: it did so too often.
        """
        while True:
            assert self.process is not None
            code = await self.process.wait()
            if self._ending:
                return
            self.restarts += 1
            if self.restarts > RESTARTS_MAX:
                raise DemoError(f"the server ended again and again\n{last_lines(self.log_path)}")
            progress.say(f"the server ended ({code}); it starts again where it was")
            await self.start(paused=False)

    async def end(self) -> None:
        """End it in good order."""
        self._ending = True
        await end_child(self.process)


def run_demo(
    *,
    port: int,
    once: bool,
    speed: float,
    var: Path,
    scenario: Path | None = None,
    cut: str | None = None,
) -> int:
    """Run the demonstration.

    Args:
        port: of the server, on the loopback address.
        once: end with the report instead of serving on.
        speed: simulated seconds per real second.
        var: folder of the run; what an earlier run left there is moved aside.
        scenario: a file that says what goes wrong with devices; None: nothing does.
        cut: an area that loses contact, `SEM@12:00+2h`; None: none does.

    Returns:
        0; 1 if an invariant of the report failed; 130 if it was told to end before its time.

    Raises:
        UsageError: the port is taken, another demonstration uses the folder, or the scenario is not
            understood.
        DemoError: a part of the demonstration failed.
    """
    require_free(port)
    # What is wrong in the file is said now, not when the village starts.
    read_faults(scenario)
    trouble = Trouble(scenario, cut)
    read_cut(cut, 0)
    with alone_in(var):
        fresh_folder(var)
        try:
            return asyncio.run(_demo(port=port, once=once, speed=speed, var=var, trouble=trouble))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return INTERRUPTED if once else 0
        except BaseExceptionGroup as failures:
            raise _told(failures) from None


def _told(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """What a person should read: our own words if there are any, else everything."""
    ours = failures.subgroup(WattmarketError)
    while ours is not None:
        first = ours.exceptions[0]
        if not isinstance(first, BaseExceptionGroup):
            return first
        ours = first
    return failures


def require_free(port: int) -> None:
    """Refuse a port that somebody listens on.

    Raises:
        UsageError: with the way round it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise UsageError(
                f"port {port} is taken ({fault.strerror}). Take another one:"
                f" PORT={port + 1} make demo, or wattmarket demo --port {port + 1}"
            ) from fault


@contextmanager
def alone_in(var: Path) -> Iterator[None]:
    """Hold the folder for this demonstration: a second one would move it away under the first.

    Raises:
        UsageError: another demonstration holds it.
    """
    var.parent.mkdir(parents=True, exist_ok=True)
    with var.with_name(var.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise UsageError(
                f"another demonstration runs in {var}; end it, or take another folder with --var"
            ) from held
        yield


def fresh_folder(var: Path) -> None:
    """An empty folder; the run before is kept next to it, the one before that is gone."""
    if var.exists():
        aside = var.with_name(var.name + ".before")
        shutil.rmtree(aside, ignore_errors=True)
        var.rename(aside)
    var.mkdir(parents=True)


async def _demo(*, port: int, once: bool, speed: float, var: Path, trouble: Trouble) -> int:
    asked_to_end = asyncio.current_task()
    assert asked_to_end is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_end.cancel)
    url = f"http://localhost:{port}"
    with progress_for(sys.stdout, total=INTERVALS) as progress:
        async with _served(port, var, speed, progress):
            progress.say(f"console: {url}/console/ · portal: {url}/portal/")
            await asyncio.to_thread(_create_village, url, var)
            if not once:
                for line in await asyncio.to_thread(_ways_in, url, var):
                    progress.say(line)
            progress.say(f"market {MARKET_ID}: created; its day starts now, {speed:g} x speed")
            await _live_through(url, var, progress, trouble)
            report, failed = await _report(url, var)
            progress.close()
            show_report(report, failed, var)
            if not once:
                sys.stdout.write(f"\nServing on {url} until Ctrl-C.\n")
                sys.stdout.flush()
                await asyncio.Event().wait()
    return 1 if failed else 0


@asynccontextmanager
async def _served(port: int, var: Path, speed: float, progress: Progress) -> AsyncIterator[None]:
    """The server, up and watched over; ended with the block."""
    server = Server(port=port, var=var, speed=speed)
    await server.start(paused=True)
    try:
        await _wait_until_up(server)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(server.supervise(progress))
            yield
            watching.cancel()
    finally:
        await server.end()


async def _wait_until_up(server: Server) -> None:
    """Wait for the server that was started here: somebody else's on the port does not count.

    Raises:
        DemoError: it ended, or did not come up in time.
    """
    assert server.process is not None
    up = asyncio.ensure_future(_is_up(server))
    ended = asyncio.ensure_future(server.process.wait())
    await asyncio.wait({up, ended}, timeout=SERVER_UP_S, return_when=asyncio.FIRST_COMPLETED)
    if not up.done() or ended.done():
        up.cancel()
        ended.cancel()
        raise DemoError(f"the server did not start\n{last_lines(server.log_path)}")
    ended.cancel()
    up.result()


async def _is_up(server: Server) -> None:
    # Its own secret is on disk before it listens.
    while not await asyncio.to_thread(server.operator_path.exists):  # noqa: ASYNC110  # another process makes it
        await asyncio.sleep(LOOK_S)
    async with AsyncClient(f"http://127.0.0.1:{server.port}", patience_s=SERVER_UP_S) as client:
        await client.health()


def _create_village(url: str, var: Path) -> None:
    plan = read_market_file(FOLDER / f"{MARKET_ID}.toml")
    operator = var / "credentials" / "operator.json"
    with Client(url, market=plan.market_id, credentials=operator) as client:
        clients = create_market(client, plan)
    write_credentials(var / "credentials.json", url=url, market_id=plan.market_id, clients=clients)


def _ways_in(url: str, var: Path) -> list[str]:
    """A line for each of those as whom somebody may sign in: two operators, and a household.

    Each has a one-time code, good for a day; a second operator because some acts take two.
    """
    plan = read_market_file(FOLDER / f"{MARKET_ID}.toml")
    household = next(one["participant_id"] for one in plan.units if one["kind"] == "solar")
    operator = var / "credentials" / "operator.json"
    with Client(url, market=plan.market_id, credentials=operator) as client:
        desk = [client.access.create_code("operator")["code"] for _ in range(2)]
        home = client.access.create_code("participant", participant_id=household)["code"]
    return [
        f"sign in as operator: {url}/console/enrol?code={desk[0]}",
        f"and as a second one: {url}/console/enrol?code={desk[1]}",
        f"as {household}: {url}/portal/enrol?code={home}",
    ]


async def _live_through(url: str, var: Path, progress: Progress, trouble: Trouble) -> None:
    """The simulation, the clock, and the day until it is closed."""
    cut = read_cut(trouble.cut, load_village(seed=SEED).day_start_s)
    log_path = var / "simulation.log"
    village = await start_child(
        ["sim", "--credentials", str(var / "credentials.json"), "--seed", str(SEED),
         "--out", str(var / "simulation.json"),
         *trouble.words()],
        log_path, piped=True,
    )  # fmt: skip
    try:
        await _until_ready(village, log_path)
        operator = var / "credentials" / "operator.json"
        async with AsyncClient(url, market=MARKET_ID, credentials=operator) as client:
            tending = None
            if cut is not None:
                second = await _second_operator(client, url)
                tending = asyncio.ensure_future(_tend(cut, client, second))
            await client.start_clock()
            following = asyncio.ensure_future(_follow(client, progress))
            ended = asyncio.ensure_future(village.wait())
            await asyncio.wait({following, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done() and ended.result() != 0:
                following.cancel()
                raise DemoError(f"the simulation failed\n{last_lines(log_path)}")
            await following
            async with asyncio.timeout(READY_S):
                if tending is not None:
                    await tending
                if await ended != 0:
                    raise DemoError(f"the simulation failed\n{last_lines(log_path)}")
    finally:
        await end_child(village)


async def _second_operator(operator: AsyncClient, url: str) -> AsyncClient:
    """Credentials of another person at the desk: what lets an area come back takes two."""
    (made,) = await operator.create_clients([{"role": "operator"}])
    return AsyncClient(
        url,
        market=MARKET_ID,
        client_id=made["client_id"],
        client_secret=made["client_secret"],
        patience_s=READY_S,
    )


async def _tend(cut: Cut, operator: AsyncClient, second: AsyncClient) -> None:
    async with second:
        await tend(cut, operator, second, MARKET_ID)


async def _until_ready(village: asyncio.subprocess.Process, log_path: Path) -> None:
    """The simulation says so when its first orders are in."""
    assert village.stdout is not None
    async with asyncio.timeout(READY_S):
        line = await village.stdout.readline()
    if line.strip() != b"ready":
        await village.wait()
        raise DemoError(f"the simulation did not start\n{last_lines(log_path)}")


async def _follow(client: AsyncClient, progress: Progress) -> None:
    """Show what the market's stream tells until the day is closed."""
    async with client.stream(("market", MARKET_ID)) as events:
        async for event in events:
            if event.type == "snapshot":
                settled = [i for i in event.data["intervals"] if i["phase"] == "settled"]
                progress.settled(len(settled), event.ts)
            elif event.type == "delta" and event.data["event"] == "cleared":
                progress.cleared(event.data["interval"])
            elif event.type == "delta" and event.data["event"] == "settled":
                progress.settled(progress.intervals_settled + 1, event.ts)
            elif event.type == "delta" and event.data["event"] == "day_closed":
                return
            if progress.intervals_settled == INTERVALS and event.type == "snapshot":
                return


async def _report(url: str, var: Path) -> tuple[dict[str, Any], list[str]]:
    """Read the day over the wire, write the report; returns it and the failed invariants."""
    # Plotting takes seconds to load, and nobody should wait for it before the day begins.
    from sim.report import build, invariants

    operator = var / "credentials" / "operator.json"
    async with AsyncClient(url, market=MARKET_ID, credentials=operator) as client:
        await _settled_as_a_whole(client)
        village = await asyncio.to_thread(load_village, seed=SEED)
        tally = await asyncio.to_thread(_counted, var / "simulation.json")
        data = await collect(client, day=DAY, village=village, tally=tally)
    report = await asyncio.to_thread(build, var, data)
    return report, invariants(report)


async def _settled_as_a_whole(client: AsyncClient) -> None:
    """Once the closed day is settled as a whole too, with what came late."""
    async with asyncio.timeout(READY_S):
        while not await _is_settled(client):  # noqa: ASYNC110  # the server settles it
            await asyncio.sleep(LOOK_S)


async def _is_settled(client: AsyncClient) -> bool:
    runs = await client.settlement_runs(day=DAY)
    return [run["state"] for run in runs] == ["finished"]


def _counted(path: Path) -> dict[str, Any]:
    counted: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return counted


def show_report(report: dict[str, Any], failed: list[str], var: Path) -> None:
    """Print the figures, where the report lies, and what failed."""
    from sim.report import print_summary

    print_summary(report)
    lines = [f"report: {var / 'report.html'}", f"        {var / 'report.json'}"]
    lines += [f"FAILED: {name}" for name in failed]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


async def start_child(
    words: list[str], log_path: Path, *, piped: bool = False
) -> asyncio.subprocess.Process:
    """Start a command of ours; what it prints goes to a file, standard output to a pipe if wanted."""
    with log_path.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "wattmarket", *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if piped else log,
            stderr=log,
            # Its own group: Ctrl-C comes to us, and we end it in good order.
            start_new_session=True,
            env={**_environment(), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip


def _environment() -> dict[str, str]:
    """Ours, but for a database: what the demonstration keeps lies in its own folder."""
    return {name: value for name, value in os.environ.items() if name != _DATABASE}


async def end_child(child: asyncio.subprocess.Process | None) -> None:
    """End a child if it still runs: politely, then surely."""
    if child is None or child.returncode is not None:
        return
    child.terminate()
    try:
        async with asyncio.timeout(ENDING_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


def last_lines(path: Path) -> str:
    """The end of a log, for an error message."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([f"(end of {path})", *lines[-LAST_LINES:]])
