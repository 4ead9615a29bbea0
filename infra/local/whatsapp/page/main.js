// Starts the page and keeps it in step with the gateway.

import { element } from "./dom.js";
import { gateway, watch } from "./gateway.js";
import { drawList, setUp } from "./list.js";
import { Phone } from "./phone.js";
import { changed, markAllSeen, onChange, recallOpen, rememberOpen, setTyping, state, takeMessage } from "./state.js";
import { locale, t } from "./texts.js";

const PHONE_WIDTH = 380;
const phones = new Map();
const stage = document.getElementById("phones");
const pick = element("p", { class: "pick" }, t("pick"));

function draw() {
  for (const [number, phone] of phones) {
    if (!state.open.includes(number)) {
      phone.node.remove();
      phones.delete(number);
    }
  }
  document.body.classList.toggle("chatting", state.open.length > 0);
  state.open.forEach((number, index) => {
    if (!phones.has(number)) phones.set(number, new Phone(number, () => close(number)));
    const { node } = phones.get(number);
    if (stage.children[index] !== node) stage.insertBefore(node, stage.children[index] ?? null);
    phones.get(number).draw();
  });
  if (state.open.length) pick.remove();
  else stage.append(pick);
  drawList(open, openBeside);
}

const room = () => Math.max(1, Math.floor(stage.clientWidth / PHONE_WIDTH));

function open(number) {
  if (!state.open.includes(number)) state.open = [...state.open.slice(0, -1), number];
  settle(number);
}

function openBeside(number) {
  state.open = [...state.open.filter((other) => other !== number), number].slice(-room());
  settle(number);
}

function close(number) {
  state.open = state.open.filter((other) => other !== number);
  rememberOpen();
  changed();
}

function settle(number) {
  rememberOpen();
  draw();
  const phone = phones.get(number);
  phone.log.scrollTop = phone.log.scrollHeight;
  phone.input.focus();
}

function choose(instance) {
  state.instance = instance;
  rememberOpen();
  for (const phone of phones.values()) phone.node.remove();
  phones.clear();
  changed();
}

async function load() {
  const [people, instances, { messages, revision }] = await Promise.all([gateway.people(), gateway.instances(), gateway.messages()]);
  state.people = new Map(people.map((person) => [person.phone, person]));
  state.instances = new Map(instances.map((instance) => [instance.name, instance]));
  state.messages.clear();
  messages.forEach(takeMessage);
  state.revision = revision;
  if (!state.instances.has(state.instance)) state.instance = instances[0]?.name ?? "";
  changed();
}

// The stream only tells what is new; people and businesses may have changed while it was cut, and a gateway that was
// started afresh counts from the beginning.
async function greet({ revision }) {
  if (revision < state.revision) return load();
  const [people, instances] = await Promise.all([gateway.people(), gateway.instances()]);
  for (const person of people) state.people.set(person.phone, person);
  for (const instance of instances) takeInstance(instance);
  changed();
}

function takeInstance(instance) {
  state.instances.set(instance.name, instance);
  state.instance ||= instance.name;
  changed();
}

function showLost(lost) {
  const sign = document.getElementById("offline");
  sign.textContent = t("lost");
  sign.hidden = !lost;
}

async function start() {
  document.documentElement.lang = locale;
  const recalled = recallOpen();
  state.instance = recalled.instance ?? "";
  await load();
  markAllSeen();
  state.open = recalled.open.filter((number) => state.people.has(number));
  setUp(choose);
  onChange(draw);
  draw();
  watch(
    state.revision,
    {
      hello: greet,
      message: takeMessage,
      presence: ({ person, instance, presence }) => setTyping(person, instance, presence),
      person: (person) => {
        state.people.set(person.phone, person);
        changed();
      },
      instance: takeInstance,
    },
    showLost,
  );
}

start();
