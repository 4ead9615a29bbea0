// Calls to the people's side of the gateway, and its live stream.

async function call(method, path, body) {
  const options = { method, headers: { accept: "application/json" } };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error([answer.response?.message].flat().join(" "));
  return answer;
}

const part = encodeURIComponent;

export const gateway = {
  people: async () => (await call("GET", "/_people")).people,
  addPerson: (person) => call("POST", "/_people", person),
  instances: async () => (await call("GET", "/_instances")).instances,
  changeInstance: (name, change) => call("PATCH", `/_instances/${part(name)}`, change),
  messages: () => call("GET", "/_messages?after=0"),
  write: (phone, instance, text, media) => call("POST", `/_people/${part(phone)}/messages`, { instance, text, media }),
  file: (message) => `/_people/${part(message.person)}/messages/${part(message.id)}/media?instance=${part(message.instance)}`,
  edit: (message, text) => call("PATCH", `/_people/${part(message.person)}/messages/${part(message.id)}`, { instance: message.instance, text }),
  revoke: (message) => call("DELETE", `/_people/${part(message.person)}/messages/${part(message.id)}?instance=${part(message.instance)}`),
  writeAsBusiness: (instance, to, text) => call("POST", `/_business/${part(instance)}/messages`, { to, text }),
  switches: () => call("GET", "/_switches"),
  setTicks: (ticks) => call("PATCH", "/_switches", { ticks }),
  addFault: (kind, count) => call("POST", "/_faults", { kind, count }),
  clearFaults: () => call("DELETE", "/_faults"),
  undelivered: async () => (await call("GET", "/_webhooks")).undelivered.filter((delivery) => !delivery.dropped),
};

// EventSource reconnects by itself and says which revision it saw last.
export function watch(after, handlers, lost) {
  const source = new EventSource(`/_stream?after=${after}`);
  for (const [kind, handle] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handle(JSON.parse(event.data)));
  }
  source.addEventListener("open", () => lost(false));
  source.addEventListener("error", () => {
    lost(true);
    // A refused stream is closed for good by the browser; a new one is worth a try.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => watch(after, handlers, lost), 2000);
  });
}
