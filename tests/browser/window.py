"""A window of a browser: a person's language, colours and size, and everything the page complains of.

The one idea: nobody has to remember to look at the console. Whatever goes wrong beside what a test is
about (an error, a request that failed, a breach of the content policy, a word to another machine) is
collected and fails the test at its end, unless the test said before that it is to happen.
"""

import json
import os
import re
from functools import cache
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    CDPSession,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

from tests.browser import people
from tests.browser.stage import ROOT
from tests.browser.town import Town
from tests.patience import PATIENCE_S

Language = Literal["en", "zh-CN"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-CN")
PICTURES: Final = "WATTMARKET_PICTURES"
"""Set where somebody wants to look at the pages as well."""
SCREENS: Final = ROOT / "var" / "screens"
WEB: Final = ROOT / "web"
FLAGS: Final = (
    # Containers let nobody make the namespaces of the sandbox; what is looked at is our own.
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page lives seconds here: making its code fast, and clearing up beside it, is more work than it saves.
    "--js-flags=--no-opt --no-maglev --single-threaded-gc",
)
_PARTS: Final = ("year", "month", "day", "hour", "minute")
DESK: Final = (1280, 800)
PHONE: Final = (360, 740)
GRAVE: Final = ("serious", "critical")
_RESOURCE: Final = "Failed to load resource"
"""Chromium's word for an answer of 400 and above, which is judged by its status."""

expect.set_options(timeout=PATIENCE_S * 1_000)


class Window:
    """One page in a profile of its own."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        language: Language = "en",
        theme: Literal["light", "dark"] = "light",
        size: tuple[int, int] = DESK,
    ) -> None:
        self.url = url
        self.language: Language = language
        self.complaints: list[str] = []
        # Whoever is not signed in is told so; that is how a page finds out.
        self._awaited = [re.compile("^answer 401: GET /v1/session$")]
        self._context = browser.new_context(
            locale=language,
            timezone_id="Asia/Shanghai",  # nobody's market: what is shown must be the market's time
            color_scheme=theme,
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
        )
        self._context.set_default_timeout(PATIENCE_S * 1_000)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._complain(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)
        self.page.on("request", self._asked)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Requests under way end with the window, and that is nobody's fault.
        self._awaited.append(re.compile(""))
        self._context.close()

    # --- where to, as whom ----------------------------------------------------------------

    def go(self, path: str = "/") -> Page:
        """Open an address of the server."""
        self.page.goto(self.url + path)
        return self.page

    def enter(self, town: Town, name: str) -> None:
        """Be somebody of the town (`people.py`) from now on, in a session that has just begun."""
        cookie, person_id = people.cookie(town, name, self.language)
        # The page's own note that there is a cookie, which it cannot see.
        note = f"localStorage.setItem('wattmarket.session', {json.dumps(person_id)})"
        self._context.add_init_script(note)
        self._context.add_cookies(
            [
                {
                    "name": "__Host-wattmarket",
                    "value": cookie,
                    "domain": "localhost",
                    "path": "/",
                    "secure": True,
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )

    def sign_in(self, town: Town, name: str, path: str) -> Page:
        """Open a page that wants somebody, and sign in there by passkey as a person does."""
        self.authenticator().put(people.passkey(town.people[name]))
        self.go(path)
        self.page.get_by_role("button", name=self.said("sign_in.with_passkey")).click()
        return self.page

    def expect_complaint(self, pattern: str) -> None:
        """What fits this pattern from now on is meant to happen."""
        self._awaited.append(re.compile(pattern))

    def authenticator(self) -> "Authenticator":
        """Give the browser a security key that says yes; passkeys live on it."""
        return Authenticator(self._context.new_cdp_session(self.page))

    # --- what it shows ----------------------------------------------------------------------

    def speak(self, language: Language) -> None:
        """Choose a language, where the page lets one choose, else as if chosen before."""
        if self.page.locator("html").get_attribute("lang") == language:
            return
        choice = self.page.locator(f"button[lang='{language}']")
        if choice.count() and choice.first.is_visible():
            choice.first.click()
        else:
            self.page.evaluate(
                "language => localStorage.setItem('wattmarket.language', language)", language
            )
            self.page.reload()
        expect(self.page.locator("html")).to_have_attribute("lang", language)
        self.language = language

    def said(self, key: str, **values: str) -> str:
        """A text of the catalogues, in the window's language, as the page shows it."""
        text = said(self.language, key)
        for name, value in values.items():
            text = text.replace("{{" + name + "}}", value)
            # A word by its number: `{{count, many(one: row; other: rows)}}`.
            words = r"\{\{" + name + r", many\(one: (.*?); other: (.*?)\)\}\}"
            text = re.sub(words, r"\1" if value == "1" else r"\2", text)
        return text

    def refusal(self) -> Locator:
        """What the page says is wrong; not that its connection is silent, which may come beside it on a busy machine."""
        return self.page.locator("[role='alert']:not(.banner)")

    def complain_of_nothing(self) -> None:
        """Nothing has gone wrong so far."""
        assert self.complaints == [], "\n".join(self.complaints)

    def is_as_wide_as_its_window(self) -> bool:
        """Whether nothing has to be scrolled sideways."""
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        return wide

    def barriers(self, *, colours: bool = True) -> list[str]:
        """What axe finds serious or critical, a line each; `colours`: how they stand out as well, most of the work."""
        if self.page.evaluate("typeof window.axe") == "undefined":
            self.page.evaluate(_axe() + "; null")
        found = self.page.evaluate(
            """colours => axe.run(document, {
                resultTypes: ['violations'], rules: {'color-contrast': {enabled: colours}},
            })""",
            colours,
        )
        return [
            f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:200]}"
            for rule in found["violations"]
            if rule["impact"] in GRAVE
            for node in rule["nodes"]
        ]

    def picture(self, name: str) -> None:
        """A picture of the whole page as it is, in `var/screens/`: by `make pictures` only, as each is work."""
        if PICTURES not in os.environ:
            return
        SCREENS.mkdir(parents=True, exist_ok=True)
        path = SCREENS / f"{name}.{self.language}.png"
        self.page.screenshot(path=path, full_page=True, animations="disabled")

    def reached_by_keyboard(self) -> tuple[set[str], set[str]]:
        """What Tab comes to, and what it should: descriptions of everything that can be acted on."""
        # What is still on its way brings doors of its own.
        self.page.wait_for_load_state("networkidle")
        wanted: list[str] = self.page.evaluate(_TABBABLE)
        self.page.evaluate("document.activeElement?.blur?.(); window.scrollTo(0, 0)")
        reached: set[str] = set()
        for _ in range(2 * len(wanted) + 10):
            self.page.keyboard.press("Tab")
            at: str | None = self.page.evaluate("document.activeElement?.dataset?.tabStop ?? null")
            if at is not None:
                reached.add(at)
        return reached, set(wanted)

    def tell_time(self, place: Page | Locator, label: str, said: str) -> None:
        """Type a day, or a moment (`2016-07-01T03:30`), into the parts of a field, as the market's clock shows it."""
        field = place.get_by_role("group", name=label)
        for part, digits in zip(_PARTS, re.findall(r"\d+", said), strict=False):
            field.locator(f"[role=spinbutton][data-type={part}]").press_sequentially(digits)

    # --- what it complains of ---------------------------------------------------------------

    def _complain(self, complaint: str) -> None:
        if not any(pattern.search(complaint) for pattern in self._awaited):
            self.complaints.append(complaint)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_RESOURCE):
            self._complain(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure == "net::ERR_ABORTED":
            return  # the page itself let go of it: it does not want the answer any more
        self._complain(f"failed: {request.method} {_path(request.url)}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            request = response.request
            self._complain(f"answer {response.status}: {request.method} {_path(response.url)}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname != "localhost":
            self._complain(f"outside: {request.method} {request.url}")


class Authenticator:
    """A security key in software that recognises everybody."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._named = {"authenticatorId": made["authenticatorId"]}

    def passkeys(self) -> list[dict[str, Any]]:
        """What is on it; can be put on another one."""
        kept: list[dict[str, Any]] = self._session.send("WebAuthn.getCredentials", self._named)[
            "credentials"
        ]
        return kept

    def forget(self) -> None:
        """Nothing is on it any more: it is another device from now on."""
        self._session.send("WebAuthn.clearCredentials", self._named)

    def put(self, passkey: dict[str, Any]) -> None:
        """A passkey that was made on another one."""
        self._session.send("WebAuthn.addCredential", {**self._named, "credential": passkey})


def look(window: Window, screen: str) -> None:
    """Look at a screen as it is, in both languages: no barriers, nothing to complain of, a picture if wanted.

    The window's language is afterwards what it was.
    """
    before = window.language
    for language in (before, *(other for other in LANGUAGES if other != before)):
        window.speak(language)
        window.picture(screen)
        barriers = window.barriers(colours=language == before)  # they speak no language
        assert barriers == [], "\n".join([f"{screen} in {language}:", *barriers])
        window.complain_of_nothing()
    window.speak(before)


@cache
def said(language: Language, key: str) -> str:
    """A text of the catalogues as it is written there; `alarms:title`: of that catalogue.

    Raises:
        KeyError: no catalogue has this key, or several say different things by it.
    """
    name, _, path = key.rpartition(":")
    texts: dict[str, str] = {}
    for stem, catalogue in _catalogues(language).items():
        if name not in {"", stem}:
            continue
        found: Any = catalogue
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, str):
            texts[stem] = found
    if len(set(texts.values())) != 1:
        raise KeyError(f"{key}: in {', '.join(texts) or 'no catalogue'}")
    return next(iter(texts.values()))


@cache
def _catalogues(language: Language) -> dict[str, Any]:
    """All texts of a language, by the names of their files."""
    return {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted((WEB / "src" / "locales" / language).glob("*.json"))
    }


@cache
def _axe() -> str:
    return (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def _path(url: str) -> str:
    address = urlsplit(url)
    return address.path + (f"?{address.query}" if address.query else "")


# Marks everything that Tab should come to, and answers the marks. Of a group of radio buttons only the
# one that is chosen is a stop; what another element hides from the tabulator is none.
_TABBABLE: Final = """() => {
  const all = document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex]"
  );
  const marks = [];
  for (const each of all) {
    if (each.tabIndex < 0 || each.matches(":disabled") || each.closest("[inert]")) continue;
    if (each.matches("input[type=radio]:not(:checked)")) continue;
    if (!each.checkVisibility({ visibilityProperty: true })) continue;
    const name = each.getAttribute("aria-label") || each.textContent.trim().slice(0, 40);
    each.dataset.tabStop = `${marks.length} ${each.tagName.toLowerCase()} ${name}`;
    marks.push(each.dataset.tabStop);
  }
  return marks;
}"""
