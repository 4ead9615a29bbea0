// What the page knows: people, businesses, messages, and what is open.

const TYPING_ENDS = 25000;

export const state = {
  people: new Map(),
  instances: new Map(),
  messages: new Map(),
  typing: new Map(),
  seen: new Map(),
  revision: 0,
  instance: "",
  open: [],
};

const listeners = new Set();
let announced = false;

export function onChange(listener) {
  listeners.add(listener);
}

// Several changes of one moment are drawn once.
export function changed() {
  if (announced) return;
  announced = true;
  queueMicrotask(() => {
    announced = false;
    for (const listener of listeners) listener();
  });
}

const chatKey = (person, instance) => `${instance}/${person}`;

export function chat(person, instance = state.instance) {
  return [...state.messages.values()]
    .filter((message) => message.person === person && message.instance === instance)
    .sort((a, b) => a.position - b.position);
}

export function takeMessage(message) {
  const key = `${message.instance}/${message.id}`;
  state.revision = Math.max(state.revision, message.revision);
  if ((state.messages.get(key)?.revision ?? 0) >= message.revision) return;
  state.messages.set(key, message);
  if (message.author !== "person") setTyping(message.person, message.instance, null);
  changed();
}

export function setTyping(person, instance, presence) {
  const key = chatKey(person, instance);
  clearTimeout(state.typing.get(key)?.timer);
  state.typing.delete(key);
  if (presence === "composing" || presence === "recording") {
    const timer = setTimeout(() => setTyping(person, instance, null), TYPING_ENDS);
    state.typing.set(key, { presence, timer });
  }
  changed();
}

export function typing(person) {
  return state.typing.get(chatKey(person, state.instance))?.presence ?? null;
}

export function markSeen(person) {
  const last = chat(person).at(-1);
  if (last) state.seen.set(chatKey(person, state.instance), last.position);
}

export function markAllSeen() {
  for (const message of state.messages.values()) {
    const key = chatKey(message.person, message.instance);
    state.seen.set(key, Math.max(state.seen.get(key) ?? 0, message.position));
  }
}

export function unread(person) {
  const seen = state.seen.get(chatKey(person, state.instance)) ?? 0;
  return chat(person).filter((message) => message.author !== "person" && message.position > seen).length;
}

export function peopleHere() {
  const last = (person) => chat(person.phone).at(-1)?.position ?? 0;
  return [...state.people.values()]
    .filter((person) => person.instance === null || person.instance === state.instance)
    .sort((a, b) => last(b) - last(a));
}

export function rememberOpen() {
  const query = new URLSearchParams({ instance: state.instance, open: state.open.join(",") });
  history.replaceState(null, "", `#${query}`);
}

export function recallOpen() {
  const query = new URLSearchParams(location.hash.slice(1));
  return { instance: query.get("instance"), open: (query.get("open") ?? "").split(",").filter(Boolean) };
}
