"""A real browser on the chat page of a running gateway."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from infra.local.server import serving
from infra.local.whatsapp import GatewayConfig, create_app

Json = dict[str, Any]

KEY, SHOP, ANA, CARLA = "made-up", "bella", "5511912345678", "5511977776666"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Nothing but the page itself may use the network.
_ARGUMENTS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the machine's own Chromium; without one these tests are skipped."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine; looked for {', '.join(_BROWSERS)}")
    return found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        yield browser
        await browser.close()


@dataclass
class Shop:
    """A running gateway with a business, a customer and an owner."""

    url: str
    client: httpx.AsyncClient

    async def post(self, path: str, body: Json) -> Json:
        response = await self.client.post(path, json=body)
        assert response.is_success, response.text
        answer: Json = response.json()
        return answer

    async def answers(self, text: str, to: str = ANA) -> Json:
        return await self.post(f"/message/sendText/{SHOP}", {"number": to, "text": text})

    async def hears(self, text: str, phone: str = ANA) -> Json:
        return await self.post(f"/_people/{phone}/messages", {"instance": SHOP, "text": text})

    async def messages(self) -> list[Json]:
        return list((await self.client.get("/_messages?after=0")).json()["messages"])


@pytest_asyncio.fixture(loop_scope="module")
async def shop() -> AsyncIterator[Shop]:
    config = GatewayConfig(KEY, None, delivered_after=0.0, read_after=0.0)
    async with (
        serving(create_app(config)) as url,
        httpx.AsyncClient(base_url=url, headers={"apikey": KEY}) as client,
    ):
        shop = Shop(url, client)
        await fill(shop)
        yield shop


async def fill(shop: Shop) -> None:
    await shop.post("/instance/create", {"instanceName": SHOP, "number": "5511988887777"})
    await shop.client.patch(f"/_instances/{SHOP}", json={"profile_name": "Bella Pet Shop"})
    await shop.post("/_people", {"name": "Ana Paula", "phone": ANA})
    await shop.post("/_people", {"name": "Carla", "phone": CARLA, "role": "owner"})


@dataclass
class Watched:
    """A page, with everything that went wrong on it."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


class OpenPage:
    """Opens pages in contexts of their own and notes their errors."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.opened: list[Watched] = []

    async def __call__(self, url: str, *, people: str = "", **context: Any) -> Page:
        """Open the chat page with the phones of `people` (comma-separated)."""
        options = {"locale": "pt-BR", "timezone_id": "America/Sao_Paulo", "viewport": {"width": 1280, "height": 800}}
        page = await (await self._browser.new_context(**{**options, **context})).new_page()
        watched = Watched(page)
        page.on("console", lambda message: watched.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: watched.errors.append(str(error)))
        page.on("dialog", lambda dialog: watched.errors.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: watched.requests.append(request.url))
        page.set_default_timeout(10_000)
        self.opened.append(watched)
        await page.goto(f"{url}/#instance={SHOP}&open={people}")
        await page.wait_for_selector("#list .person")
        return page


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    opener = OpenPage(browser)
    yield opener
    for watched in opener.opened:
        await watched.page.context.close()
