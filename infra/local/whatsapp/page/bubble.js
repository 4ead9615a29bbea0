// One message.

import { element, formatted, icon } from "./dom.js";
import { gateway } from "./gateway.js";
import { t } from "./texts.js";
import { hour } from "./times.js";

const LONG = 900;
const TICKS = { PENDING: () => icon("clock"), SERVER_ACK: () => "✓", DELIVERY_ACK: () => "✓✓", READ: () => "✓✓", ERROR: () => icon("warning") };

export function ticks(message) {
  const name = t(`status${message.status}`);
  return element("span", { class: `ticks ${message.status.toLowerCase()}`, role: "img", "aria-label": name, title: name }, TICKS[message.status]());
}

export function bubble(message, actions) {
  const mine = message.author === "person";
  const item = element("li", { class: `message ${mine ? "mine" : "theirs"}${message.revoked ? " revoked" : ""}` });
  const body = element("div", { class: "bubble" });
  if (message.author === "phone") body.append(element("span", { class: "from" }, t("byPhone")));
  if (message.media && !message.revoked) body.append(file(message));
  if (message.text || !message.media || message.revoked) body.append(content(message));
  body.append(
    element(
      "span",
      { class: "meta" },
      message.edited && !message.revoked ? element("span", {}, t("edited")) : null,
      element("time", { datetime: new Date(message.timestamp * 1000).toISOString() }, hour(message.timestamp)),
      mine && !message.revoked ? ticks(message) : null,
    ),
  );
  item.append(body);
  if (mine && !message.revoked) item.append(menu(message, actions));
  return item;
}

function content(message) {
  if (message.revoked) return element("span", { class: "text" }, icon("ban"), ` ${t("revoked")}`);
  const text = element("span", { class: "text" });
  if (message.text.length <= LONG) {
    text.append(...formatted(message.text));
    return text;
  }
  const more = element("button", { type: "button", class: "more", onclick: () => text.replaceChildren(...formatted(message.text)) }, t("readMore"));
  text.append(...formatted(`${message.text.slice(0, LONG).trimEnd()}… `), more);
  return text;
}

function file(message) {
  const { kind, mimetype, filename, view_once: once } = message.media;
  const source = gateway.file(message);
  if (once) return element("span", { class: "file" }, icon("clip"), ` ${t("viewOnce")}`);
  if (kind === "image") return element("img", { class: "file", src: source, alt: message.text || t("image") });
  if (kind === "voice" || kind === "audio") return element("audio", { class: "file", src: source, controls: true, preload: "metadata" });
  return element("a", { class: "file", href: source, download: filename ?? "" }, icon("clip"), ` ${filename ?? mimetype}`);
}

function menu(message, actions) {
  return element(
    "span",
    { class: "actions" },
    message.text ? element("button", { type: "button", title: t("edit"), "aria-label": t("edit"), onclick: () => actions.edit(message) }, icon("pencil")) : null,
    element("button", { type: "button", title: t("remove"), "aria-label": t("remove"), onclick: () => actions.revoke(message) }, icon("bin")),
  );
}
