// The list of people, the business above it, and the forms below it.

import { avatar, element, icon, reconcile, unformatted } from "./dom.js";
import { gateway } from "./gateway.js";
import { changed, chat, peopleHere, state, typing, unread } from "./state.js";
import { switchLanguage, t } from "./texts.js";
import { ticks } from "./bubble.js";
import { shortTime } from "./times.js";

const $ = (selector) => document.querySelector(selector);

export function drawList(open, openBeside) {
  const people = peopleHere();
  reconcile(
    $("#list"),
    people.map((person) => {
      const last = chat(person.phone).at(-1);
      const version = [person.name, person.role, last?.revision, typing(person.phone), unread(person.phone), state.open.includes(person.phone), state.instance].join("|");
      return { key: person.phone, version, make: () => row(person, last, open, openBeside) };
    }),
  );
  $("#empty-list").hidden = people.length > 0;
  drawBusiness();
}

function row(person, last, open, openBeside) {
  const news = unread(person.phone);
  const current = state.open.includes(person.phone);
  const preview = element("span", { class: "preview" }, ...previewOf(person, last));
  const main = element(
    "button",
    { type: "button", class: "person", "aria-current": current ? "true" : null, onclick: () => open(person.phone), onkeydown: moveFocus },
    avatar(person.name),
    element(
      "span",
      { class: "lines" },
      element("span", { class: "line" }, element("strong", {}, person.name), person.role === "owner" ? element("span", { class: "tag" }, t("ownerTag")) : null, element("time", {}, last ? shortTime(last.timestamp) : "")),
      element("span", { class: "line" }, preview, news ? element("span", { class: "news", "aria-label": t("unread", { n: news }) }, String(news)) : null),
    ),
  );
  const name = t("beside", { name: person.name });
  const beside = current ? null : element("button", { type: "button", class: "plain beside", title: name, "aria-label": name, onclick: () => openBeside(person.phone) }, icon("beside"));
  return element("li", {}, main, beside);
}

function previewOf(person, last) {
  const doing = typing(person.phone);
  if (doing) return [element("em", { class: "active" }, doing === "recording" ? t("recording") : t("typing"))];
  if (!last) return [`+${person.phone}`];
  if (last.revoked) return [icon("ban"), ` ${t("revoked")}`];
  const text = (unformatted(last.text) || t(last.media.kind)).replace(/\s+/g, " ").slice(0, 80);
  return last.author === "person" ? [ticks(last), ` ${text}`] : [text];
}

function moveFocus(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...document.querySelectorAll("#list .person")];
  all.at((all.indexOf(event.currentTarget) + step) % all.length)?.focus();
}

function drawBusiness() {
  const instances = [...state.instances.values()];
  reconcile(
    $("#instance"),
    instances.map(({ name, profile_name: shown }) => ({ key: name, version: shown, make: () => element("option", { value: name }, shown) })),
  );
  if (!instances.length) $("#instance").replaceChildren(element("option", { value: "" }, t("noInstance")));
  $("#instance").value = state.instance;
  const here = state.instances.get(state.instance);
  const connected = here?.state === "open";
  $("#instance-state").textContent = here ? t(connected ? "connected" : "disconnected") : "";
  $("#instance-state").className = `state ${connected ? "on" : "off"}`;
  $("#connected").checked = connected;
  $("#connected").disabled = !here;
}

export function setUp(choose) {
  label();
  $("#language").addEventListener("click", switchLanguage);
  $("#instance").addEventListener("change", (event) => choose(event.target.value));
  $("#add-form").addEventListener("submit", addPerson);
  $("#connected").addEventListener("change", (event) => gateway.changeInstance(state.instance, { state: event.target.checked ? "open" : "close" }));
  $("#ticks").addEventListener("change", (event) => gateway.setTicks(event.target.value));
  $("#fault-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    showSwitches(await gateway.addFault(form.elements.kind.value, Number(form.elements.count.value)));
  });
  $("#clear-faults").addEventListener("click", async () => showSwitches(await gateway.clearFaults()));
  $("#play").addEventListener("toggle", refreshPlay);
}

async function refreshPlay() {
  if (!$("#play").open) return;
  showSwitches(await gateway.switches());
  $("#webhooks").textContent = t("undelivered", { n: (await gateway.undelivered()).length });
}

function showSwitches({ ticks: chosen, faults }) {
  $("#ticks").value = chosen;
  const left = faults.reduce((sum, fault) => sum + fault.count, 0);
  $("#faults").textContent = left ? t("waitingFaults", { n: left }) : "";
}

async function addPerson(event) {
  event.preventDefault();
  const form = event.target;
  const error = form.querySelector(".error");
  error.textContent = "";
  try {
    const { name, phone, role } = form.elements;
    const person = await gateway.addPerson({ name: name.value, phone: phone.value, role: role.value });
    state.people.set(person.phone, person);
    form.reset();
    $("#add").open = false;
    changed();
  } catch (failure) {
    error.textContent = failure.message;
  }
}

function label() {
  const put = (selector, ...names) => document.querySelectorAll(selector).forEach((node, index) => (node.textContent = t(names[index])));
  put("#people-title", "people");
  put("#language", "otherLanguage");
  put(".business label", "business");
  put("#empty-list", "noPeople");
  put("#add > summary", "addPerson");
  put("#add-form label > span", "name", "phone", "role");
  put("#add-form option", "customer", "owner");
  put("#add-form button", "add");
  put("#play > summary", "play");
  put(".play > label > span", "numberConnected", "ticks");
  put("#ticks option", "ticksRead", "ticksDelivered", "ticksOff");
  put("#fault-form label > span", "nextSends", "count");
  put("#fault-form option", "faultError", "faultTimeout", "faultHangUp", "faultDrop", "faultReject");
  put("#fault-form button", "apply", "clear");
}
