"""The window notices what it is there to notice."""

import re

from playwright.sync_api import Browser

from tests.browser.town import Town
from tests.browser.window import Window


def test_a_page_that_complains_is_noticed(chromium: Browser, town: Town) -> None:
    with Window(chromium, town.url) as window:
        page = window.go("/v1/health")
        window.complain_of_nothing()
        page.evaluate("console.error('it is broken')")
        page.evaluate("setTimeout(() => { throw new Error('not caught') })")
        page.evaluate("fetch('/v1/nowhere').then(answer => answer.status)")
        page.evaluate("fetch('http://127.0.0.1:9/elsewhere').catch(() => null)")
        page.wait_for_timeout(1)
        found = "\n".join(window.complaints)

    for expected in ("console: it is broken", "error: .*not caught", "answer 404: GET /v1/nowhere", "outside: GET"):  # fmt: skip
        assert re.search(expected, found), found


def test_the_content_policy_is_watched(chromium: Browser, town: Town) -> None:
    with Window(chromium, town.url) as window:
        window.go().evaluate(
            "() => { const it = document.createElement('script'); it.text = '1'; document.body.append(it); }"
        )
        window.page.wait_for_timeout(1)

        assert any("Content Security Policy" in complaint for complaint in window.complaints)


def test_barriers_and_width_are_seen(chromium: Browser, town: Town) -> None:
    with Window(chromium, town.url) as window:
        page = window.go("/v1/health")
        assert window.is_as_wide_as_its_window()
        page.set_content("<html lang=en><title>t</title><main style='width: 200vw'><input></main>")

        assert not window.is_as_wide_as_its_window()
        assert [line.split()[0] for line in window.barriers()] == ["label"]


def test_what_the_keyboard_does_not_reach_is_seen(chromium: Browser, town: Town) -> None:
    with Window(chromium, town.url) as window:
        page = window.go("/v1/health")
        page.set_content(
            "<button>one</button>"
            "<button onkeydown='if (event.key == \"Tab\") event.preventDefault()'>trap</button>"
            "<button>beyond</button>"
        )
        reached, wanted = window.reached_by_keyboard()

        assert [name.split()[-1] for name in wanted - reached] == ["beyond"]


def test_a_passkey_is_made_and_used(chromium: Browser, town: Town) -> None:
    with Window(chromium, town.url) as window:
        key = window.authenticator()
        window.go().evaluate(_MAKE)
        (made,) = key.passkeys()

        assert made["rpId"] == "localhost"
        assert window.page.evaluate(_USE) == "public-key"


_MAKE = """() => navigator.credentials.create({publicKey: {
  challenge: new Uint8Array(32), rp: {name: "wattmarket", id: "localhost"},
  user: {id: new Uint8Array(16), name: "ada", displayName: "Ada"},
  pubKeyCredParams: [{type: "public-key", alg: -7}],
  authenticatorSelection: {residentKey: "required", userVerification: "required"},
}}).then(() => null)"""
_USE = """() => navigator.credentials.get({publicKey: {
  challenge: new Uint8Array(32), rpId: "localhost", userVerification: "required",
}}).then(found => found.type)"""
