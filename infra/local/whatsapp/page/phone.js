// One person's phone: the chat with the chosen business.

import { bubble } from "./bubble.js";
import { avatar, element, icon, reconcile } from "./dom.js";
import { gateway } from "./gateway.js";
import { changed, chat, markSeen, state, typing } from "./state.js";
import { t } from "./texts.js";
import { dayKey, dayName } from "./times.js";

const NEAR_END = 120;
const MAX_BYTES = 16 * 1024 * 1024;

export class Phone {
  constructor(phone, close) {
    this.phone = phone;
    this.asBusiness = false;
    this.editing = null;
    this.log = element("ol", { class: "log", role: "log", tabindex: "0" });
    this.status = element("span", { class: "status" });
    this.businessName = element("strong");
    this.face = element("span", { class: "face" });
    this.caption = element("div", { class: "caption" });
    this.notice = element("p", { class: "notice", role: "alert", hidden: true });
    this.node = element("section", { class: "phone", "data-phone": phone }, this.caption, this.header(close), this.log, this.notice, this.composer());
    this.asPerson();
  }

  get person() {
    return state.people.get(this.phone);
  }

  get business() {
    return state.instances.get(state.instance);
  }

  header(close) {
    return element(
      "header",
      { class: "bar" },
      element("button", { type: "button", class: "plain back", "aria-label": t("back"), title: t("back"), onclick: close }, icon("back")),
      this.face,
      element("div", { class: "who" }, this.businessName, this.status),
      element("button", { type: "button", class: "plain close", "aria-label": t("close"), title: t("close"), onclick: close }, icon("close")),
    );
  }

  composer() {
    this.input = element("textarea", { rows: "1", maxlength: "65536", oninput: () => this.grow(), onkeydown: (event) => this.key(event) });
    this.mode = element("button", {
      type: "button",
      class: "plain mode",
      title: t("writeAsBusiness"),
      "aria-label": t("writeAsBusiness"),
      onclick: () => {
        this.asBusiness = !this.asBusiness;
        this.stopEditing();
        this.asPerson();
        this.input.focus();
      },
    }, icon("shop"));
    this.banner = element(
      "p",
      { class: "banner", hidden: true },
      element("span", {}, t("editing")),
      element("button", { type: "button", class: "plain", onclick: () => this.stopEditing() }, t("cancel")),
    );
    const send = element("button", { type: "submit", class: "send", "aria-label": t("send"), title: t("send") }, icon("send"));
    const form = element("form", { class: "composer" }, this.banner, this.mode, ...this.attachments(), this.input, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    return form;
  }

  attachments() {
    const picker = element("input", { type: "file", hidden: true, "aria-label": t("attach"), onchange: () => this.attach(picker) });
    const button = (name, label, onclick) => element("button", { type: "button", class: "plain attach", title: t(label), "aria-label": t(label), onclick }, icon(name));
    // Words stand for a voice here: what is typed is what a listener hears in the recording that is made of it.
    const speak = () => this.submit((words) => ({ text: "", media: { kind: "voice", transcript: words } }));
    return [picker, button("clip", "attach", () => picker.click()), button("microphone", "speak", speak)];
  }

  async attach(picker) {
    const [file] = picker.files;
    picker.value = "";
    if (!file) return;
    if (file.size > MAX_BYTES) {
      this.complain(new Error(t("tooLarge")));
      return;
    }
    const kind = ["image", "audio", "video"].find((name) => file.type.startsWith(`${name}/`)) ?? "document";
    const media = { kind, mimetype: file.type, filename: kind === "document" ? file.name : null, base64: await encoded(file) };
    await this.submit((text) => ({ text, media }), true);
  }

  asPerson() {
    const hint = this.asBusiness ? t("messageFromBusiness") : t("messageFrom", { name: this.person?.name ?? "" });
    this.input.setAttribute("placeholder", hint);
    this.input.setAttribute("aria-label", hint);
    this.mode.setAttribute("aria-pressed", String(this.asBusiness));
    this.node.classList.toggle("as-business", this.asBusiness);
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
  }

  key(event) {
    if (event.key === "Escape") this.stopEditing();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  // `make` turns the text into what is sent; only a file may go without one.
  async submit(make = (words) => ({ text: words }), wordless = false) {
    const text = this.input.value;
    if (!text.trim() && !wordless) return;
    const edited = this.editing;
    this.input.value = "";
    this.grow();
    try {
      const sent = make(text);
      if (sent.media) await gateway.write(this.phone, state.instance, sent.text, sent.media);
      else if (edited) await gateway.edit(edited, text);
      else if (this.asBusiness) await gateway.writeAsBusiness(state.instance, this.phone, text);
      else await gateway.write(this.phone, state.instance, text);
      this.notice.hidden = true;
      this.stopEditing();
      this.log.scrollTop = this.log.scrollHeight;
    } catch (error) {
      this.input.value = text;
      this.grow();
      this.complain(error);
    }
  }

  complain(error) {
    this.notice.textContent = t("failed", { cause: error.message });
    this.notice.hidden = false;
  }

  edit(message) {
    this.editing = message;
    this.asBusiness = false;
    this.asPerson();
    this.banner.hidden = false;
    this.input.value = message.text;
    this.grow();
    this.input.focus();
  }

  stopEditing() {
    if (this.editing) this.input.value = "";
    this.editing = null;
    this.banner.hidden = true;
    this.grow();
  }

  actions() {
    return {
      edit: (message) => this.edit(message),
      revoke: (message) => gateway.revoke(message).catch((error) => this.complain(error)),
    };
  }

  draw() {
    const { person, business } = this;
    if (!person) return;
    const shop = business?.profile_name ?? t("noInstance");
    // The owner's chat with the business's number is the chat with its assistant.
    const name = person.role === "owner" && business ? `Aurora · ${shop}` : shop;
    this.caption.replaceChildren(avatar(person.name), element("strong", {}, t("phoneOf", { name: person.name })), element("span", {}, person.role === "owner" ? t("ownerTag") : ""));
    this.log.setAttribute("aria-label", t("phoneOf", { name: person.name }));
    this.businessName.textContent = name;
    this.face.replaceChildren(avatar(name, "business-face"));
    const presence = typing(this.phone);
    const doing = { composing: t("typing"), recording: t("recording") }[presence];
    this.status.textContent = doing ?? (business?.state === "open" ? t("online") : t("unreachable"));
    this.status.classList.toggle("active", Boolean(doing));
    this.input.disabled = !business;
    this.asPerson();
    this.drawLog(presence);
  }

  drawLog(presence) {
    const atEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END;
    const messages = chat(this.phone);
    const wanted = [];
    let day = "";
    for (const message of messages) {
      const key = dayKey(message.timestamp);
      if (key !== day) {
        day = key;
        wanted.push({ key: `day ${key}`, version: dayName(message.timestamp), make: () => element("li", { class: "day" }, dayName(message.timestamp)) });
      }
      wanted.push({ key: message.id, version: message.revision, make: () => bubble(message, this.actions()) });
    }
    if (!messages.length) wanted.push({ key: "empty", version: 1, make: () => element("li", { class: "day" }, t("empty")) });
    if (presence) wanted.push({ key: "typing", version: presence, make: typingBubble });
    reconcile(this.log, wanted);
    if (atEnd) this.log.scrollTop = this.log.scrollHeight;
    if (!document.hidden) markSeen(this.phone);
  }
}

async function encoded(file) {
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
  return address.slice(address.indexOf(",") + 1);
}

function typingBubble() {
  const dots = element("div", { class: "bubble dots", "aria-label": t("typing") }, element("i"), element("i"), element("i"));
  return element("li", { class: "message theirs" }, dots);
}

document.addEventListener("visibilitychange", changed);
