"""The chat page, used as people use it."""

import asyncio

import httpx
import pytest
from playwright.async_api import Page, expect

from infra.local.media_files import picture
from infra.local.server import serving
from infra.local.whatsapp import GatewayConfig, create_app
from tests.browser.conftest import ANA, CARLA, KEY, SHOP, OpenPage, Shop, fill

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINE, THEIRS = ".message.mine .text", ".message.theirs .text"

#: Tells whether a recording can be played, as soon as the browser knows.
LOADED = """node => new Promise((done) => {
  if (node.readyState || node.error) done(!node.error);
  node.addEventListener("loadedmetadata", () => done(true));
  node.addEventListener("error", () => done(false));
})"""


async def write(page: Page, text: str) -> None:
    await page.fill(".composer textarea", text)
    await page.press(".composer textarea", "Enter")


async def test_a_text_is_written_and_its_answer_appears(shop: Shop, open_page: OpenPage) -> None:
    """The customer's bubble is on the right, the answer comes live on the left."""
    page = await open_page(shop.url, people=ANA)
    await write(page, "Quanto custa o banho?")
    await expect(page.locator(MINE)).to_have_text("Quanto custa o banho?")
    assert [(message["author"], message["text"]) for message in await shop.messages()] == [
        ("person", "Quanto custa o banho?")
    ]
    await shop.answers("*Banho*: R$ 60,00")
    await expect(page.locator(THEIRS)).to_have_text("Banho: R$ 60,00")
    await expect(page.locator(f"{THEIRS} strong")).to_have_text("Banho")


async def test_ticks_show_how_far_a_text_got(shop: Shop, open_page: OpenPage) -> None:
    """One tick while the business is unreachable, two when it has it, blue when it has read it."""
    page = await open_page(shop.url, people=ANA)
    await shop.client.patch(f"/_instances/{SHOP}", json={"state": "close"})
    await expect(page.locator(".phone .status")).to_have_text("sem conexão")
    message = await shop.hears("oi")
    await expect(page.get_by_role("img", name="enviada").first).to_have_text("✓")
    await shop.client.patch(f"/_instances/{SHOP}", json={"state": "open"})
    await expect(page.locator(".phone").get_by_role("img", name="entregue")).to_have_text("✓✓")
    key = {"id": message["id"], "fromMe": False, "remoteJid": f"{ANA}@s.whatsapp.net"}
    await shop.post(f"/chat/markMessageAsRead/{SHOP}", {"readMessages": [key]})
    await expect(page.locator(".phone").get_by_role("img", name="lida")).to_have_css("color", "rgb(31, 159, 214)")


async def test_files_are_sent_and_shown(shop: Shop, open_page: OpenPage) -> None:
    """What is typed is sent as a voice message, a picture with its caption; both are there to hear and to see."""
    page = await open_page(shop.url, people=ANA)
    await page.fill(".composer textarea", "Quero marcar um banho")
    await page.get_by_role("button", name="Enviar o texto como mensagem de voz").click()
    assert await page.locator(".message.mine audio").evaluate(LOADED)
    await page.fill(".composer textarea", "É alergia?")
    await page.set_input_files(
        ".composer input[type=file]", {"name": "pele.png", "mimeType": "image/png", "buffer": picture("uma mancha")}
    )
    await expect(page.locator(".message.mine img")).to_have_js_property("naturalWidth", 64)
    sent = [(message["text"], message["media"]["kind"]) for message in await shop.messages()]
    assert sent == [("", "voice"), ("É alergia?", "image")]
    assert open_page.opened[0].errors == []


async def test_markup_in_a_text_stays_text(shop: Shop, open_page: OpenPage) -> None:
    """No element of a message becomes one of the page, and a link leads nowhere."""
    evil = '<img src=x onerror="alert(1)"> <script>alert(2)</script> *<b>x</b>* https://evil.example/?a=<i>'
    page = await open_page(shop.url, people=ANA)
    await shop.hears(evil)
    await shop.answers(evil)
    await expect(page.locator(THEIRS)).to_have_text(evil.replace("*", ""))
    assert await page.locator("#list img, #phones img, #app script, #phones a, #list b").count() == 0
    assert open_page.opened[0].errors == []


async def test_names_with_markup_stay_text(shop: Shop, open_page: OpenPage) -> None:
    """People and businesses choose their own names."""
    await shop.post("/_people", {"name": "<b onclick=alert(1)>Zé</b>", "phone": "5511900000001"})
    await shop.client.patch(f"/_instances/{SHOP}", json={"profile_name": "<i>Bella</i>"})
    page = await open_page(shop.url, people="5511900000001")
    await expect(page.locator(".phone .who strong")).to_have_text("<i>Bella</i>")
    await expect(page.locator(".caption strong")).to_contain_text("<b onclick=alert(1)>Zé</b>")


async def test_typing_shows_while_the_business_types(shop: Shop, open_page: OpenPage) -> None:
    """In the chat and in the list; the answer ends it."""
    page = await open_page(shop.url, people=ANA)
    await expect(page.locator(".phone .status")).to_have_text("online")
    body = {"number": ANA, "text": "pronto", "delay": 1500}
    sending = asyncio.create_task(shop.post(f"/message/sendText/{SHOP}", body))
    await expect(page.locator(".phone .status")).to_have_text("digitando…")
    await expect(page.locator("#list .active")).to_have_text("digitando…")
    await expect(page.locator(".dots")).to_be_visible()
    await sending
    await expect(page.locator(THEIRS)).to_have_text("pronto")
    await expect(page.locator(".dots")).to_have_count(0)


async def test_everything_works_without_a_mouse(shop: Shop, open_page: OpenPage) -> None:
    """Arrows walk the list, Enter opens and sends, Shift+Enter starts a line, Escape leaves an edit."""
    page = await open_page(shop.url)
    await page.locator("#list .person").first.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator(".composer textarea")).to_be_focused()
    await page.keyboard.type("uma")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("duas")
    await page.keyboard.press("Enter")
    await expect(page.locator(MINE)).to_have_text("uma\nduas")
    await page.get_by_role("button", name="Editar").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".composer textarea")).to_have_value("uma\nduas")
    await page.keyboard.press("Escape")
    await expect(page.locator(".composer textarea")).to_have_value("")
    await expect(page.locator(".banner")).to_be_hidden()


async def test_a_text_is_edited_and_deleted(shop: Shop, open_page: OpenPage) -> None:
    """The bubble says so, and the gateway has it."""
    page = await open_page(shop.url, people=ANA)
    await write(page, "amanhã")
    await page.locator(".message.mine").hover()
    await page.get_by_role("button", name="Editar").click()
    await write(page, "depois de amanhã")
    await expect(page.locator(MINE)).to_have_text("depois de amanhã")
    await expect(page.locator(".meta")).to_contain_text("editada")
    await page.locator(".message.mine").hover()
    await page.get_by_role("button", name="Apagar").click()
    await expect(page.locator(MINE)).to_contain_text("Mensagem apagada")
    assert [(message["text"], message["revoked"]) for message in await shop.messages()] == [("", True)]


async def test_two_phones_stand_side_by_side(shop: Shop, open_page: OpenPage) -> None:
    """Each shows its own chat with the same business; the owner's is marked."""
    page = await open_page(shop.url, people=ANA)
    await page.get_by_role("button", name="Abrir Carla ao lado").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".phone")).to_have_count(2)
    await shop.answers("para a Ana")
    await shop.answers("para a dona", to=CARLA)
    await expect(page.locator(f'[data-phone="{ANA}"] {THEIRS}')).to_have_text("para a Ana")
    await expect(page.locator(f'[data-phone="{CARLA}"] {THEIRS}')).to_have_text("para a dona")
    await expect(page.locator(f'[data-phone="{CARLA}"] .caption')).to_contain_text("dono(a)")
    await expect(page.locator(f'[data-phone="{CARLA}"] .who strong')).to_have_text("Aurora · Bella Pet Shop")
    await page.reload()
    await expect(page.locator(".phone")).to_have_count(2)


async def test_a_new_customer_is_added_and_writes(shop: Shop, open_page: OpenPage) -> None:
    """A mistake is told beside the form; the right number makes a person."""
    page = await open_page(shop.url)
    await page.locator("#add summary").click()
    await page.get_by_label("Nome").fill("Bia")
    await page.get_by_label("Telefone").fill("12")
    await page.get_by_role("button", name="Adicionar").click()
    await expect(page.locator("#add .error")).to_contain_text("12")
    await page.get_by_label("Telefone").fill("+55 21 98888-7777")
    await page.get_by_role("button", name="Adicionar").click()
    await page.locator("#list .person", has_text="Bia").click()
    await write(page, "oi")
    await expect(page.locator(MINE)).to_have_text("oi")
    assert (await shop.messages())[0]["person"] == "5521988887777"


async def test_businesses_are_switched_in_the_list(shop: Shop, open_page: OpenPage) -> None:
    """The same person's chat with another business is another chat."""
    await shop.post("/instance/create", {"instanceName": "oficina"})
    await shop.hears("oi, Bella")
    page = await open_page(shop.url, people=ANA)
    await expect(page.locator(MINE)).to_have_text("oi, Bella")
    await page.get_by_label("Empresa", exact=True).select_option("oficina")
    await expect(page.locator(MINE)).to_have_count(0)
    await write(page, "oi, oficina")
    await expect(page.locator(MINE)).to_have_text("oi, oficina")
    assert {message["instance"] for message in await shop.messages()} == {SHOP, "oficina"}


async def test_somebody_types_on_the_businesss_phone(shop: Shop, open_page: OpenPage) -> None:
    """The text appears on the left and says where it came from."""
    page = await open_page(shop.url, people=ANA)
    await page.get_by_role("button", name="Escrever pelo celular da empresa").click()
    await write(page, "Aqui é a Carla")
    await expect(page.locator(".message.theirs .bubble")).to_contain_text("pelo celular da empresa")
    assert [message["author"] for message in await shop.messages()] == ["phone"]


async def test_a_long_text_opens_on_demand(shop: Shop, open_page: OpenPage) -> None:
    """The bubble shows the beginning until the reader wants more."""
    page = await open_page(shop.url, people=ANA)
    await shop.answers("começo " + "palavra " * 400 + "fim")
    await expect(page.locator(THEIRS)).not_to_contain_text("fim")
    await page.get_by_role("button", name="Ler mais").click()
    await expect(page.locator(THEIRS)).to_contain_text("fim")


async def test_news_of_a_closed_chat_are_counted(shop: Shop, open_page: OpenPage) -> None:
    """Until the chat is opened."""
    page = await open_page(shop.url, people=CARLA)
    await shop.answers("um")
    await shop.answers("dois")
    await expect(page.locator("#list .news")).to_have_text("2")
    await page.locator("#list .person", has_text="Ana Paula").click()
    await expect(page.locator("#list .news")).to_have_count(0)


async def test_trouble_is_played_from_the_page(shop: Shop, open_page: OpenPage) -> None:
    """Sends fail as many times as chosen, and the business can be disconnected."""
    page = await open_page(shop.url)
    await page.locator("#play summary").click()
    await page.get_by_label("Quantos").fill("2")
    await page.get_by_role("button", name="Simular").click()
    await expect(page.locator("#faults")).to_contain_text("2")
    response = await shop.client.post(f"/message/sendText/{SHOP}", json={"number": ANA, "text": "oi"})
    assert response.status_code == 400
    await page.get_by_label("Número da empresa conectado").uncheck()
    await expect(page.locator("#instance-state")).to_have_text("desconectado")


async def test_a_narrow_screen_shows_one_thing_at_a_time(shop: Shop, open_page: OpenPage) -> None:
    """The list, then the chat, then back; nothing is wider than the screen."""
    page = await open_page(shop.url, viewport={"width": 360, "height": 700})
    await expect(page.locator("#phones")).to_be_hidden()
    await page.locator("#list .person", has_text="Ana Paula").click()
    await expect(page.locator("#people")).to_be_hidden()
    await write(page, "palavracomprida" * 30)
    await expect(page.locator(MINE)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    await page.get_by_role("button", name="Voltar à lista").click()
    await expect(page.locator("#people")).to_be_visible()


@pytest.mark.parametrize(("locale", "title"), [("pt-BR", "Celulares"), ("en-US", "Phones"), ("de-DE", "Celulares")])
async def test_the_browsers_language_is_spoken(shop: Shop, open_page: OpenPage, locale: str, title: str) -> None:
    """Portuguese unless English is preferred; the switch changes it and is remembered."""
    page = await open_page(shop.url, locale=locale)
    await expect(page.locator("h1")).to_have_text(title)
    await page.locator("#language").click()
    other = "Phones" if title == "Celulares" else "Celulares"
    await expect(page.locator("h1")).to_have_text(other)
    await page.reload()
    await expect(page.locator("h1")).to_have_text(other)


async def test_the_page_needs_nothing_from_elsewhere(shop: Shop, open_page: OpenPage) -> None:
    """Every request goes to the gateway, and no error is logged, the content policy's included."""
    page = await open_page(shop.url, people=ANA)
    await shop.answers("veja https://exemplo.com.br/foto.png")
    await expect(page.locator(".link")).to_be_visible()
    watched = open_page.opened[0]
    assert {url for url in watched.requests if not url.startswith(shop.url)} == set()
    assert watched.errors == []


async def test_every_control_has_a_name(shop: Shop, open_page: OpenPage) -> None:
    """A screen reader can tell each button and field."""
    page = await open_page(shop.url, people=ANA)
    await shop.hears("oi")
    await expect(page.locator(MINE)).to_be_visible()
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea")].filter((node) =>
            !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.[0]?.textContent.trim())
        ).map((node) => node.outerHTML)"""
    )
    assert nameless == []


async def test_the_page_comes_back_after_the_gateway(open_page: OpenPage) -> None:
    """While it is gone the page says so; afterwards it goes on with what is there then."""
    config = GatewayConfig(KEY, None)
    async with serving(create_app(config)) as url:
        shop = await _filled(url)
        page = await open_page(url, people=ANA)
        await shop.hears("antes")
        await expect(page.locator(MINE)).to_have_text("antes")
        await shop.client.aclose()
    await expect(page.locator("#offline")).to_have_text("Reconectando…")
    async with serving(create_app(config), port=int(url.rsplit(":", 1)[1])):
        shop = await _filled(url)
        await expect(page.locator("#offline")).to_be_hidden()
        await expect(page.locator(MINE)).to_have_count(0)
        await shop.hears("depois")
        await expect(page.locator(MINE)).to_have_text("depois")
        await shop.client.aclose()


async def _filled(url: str) -> Shop:
    shop = Shop(url, httpx.AsyncClient(base_url=url, headers={"apikey": KEY}))
    await fill(shop)
    return shop
