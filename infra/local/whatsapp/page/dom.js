// Small helpers; text always becomes text nodes, never markup.

export function element(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

// Make `parent` hold the wanted children, reusing those whose key and version did not change.
export function reconcile(parent, wanted) {
  const existing = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let previous = null;
  for (const { key, version, make } of wanted) {
    let node = existing.get(key);
    if (!node || node.dataset.version !== String(version)) {
      const fresh = make();
      fresh.dataset.key = key;
      fresh.dataset.version = version;
      node?.remove();
      node = fresh;
    }
    existing.delete(key);
    const next = previous ? previous.nextSibling : parent.firstChild;
    if (node !== next) parent.insertBefore(node, next);
    previous = node;
  }
  for (const node of existing.values()) node.remove();
}

const SHAPES = {
  bin: "M9 3h6l1 2h4v2H4V5h4zM6 9h12l-1 12H7zm4 2v8m4-8v8",
  close: "M6 6l12 12M18 6L6 18",
  back: "M20 12H5m6-7l-7 7 7 7",
  beside: "M4 5h7v14H4zm9 0h7v14h-7z",
  ban: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM6 6l12 12",
  clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 5 5l-8.5 8.5a1.7 1.7 0 0 1-2.5-2.5L15 7",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 7v5l3 2",
  microphone: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  pencil: "M4 20l1-5L16 4l4 4L9 19z",
  send: "M3 4l18 8-18 8 3-8zM6 12h9",
  shop: "M4 4h16l1 5a3 3 0 0 1-6 0a3 3 0 0 1-6 0a3 3 0 0 1-6 0zM5 12v8h14v-8M9 20v-5h6v5",
  warning: "M12 3l10 18H2zm0 6v6m0 2v1",
};
const SVG = "http://www.w3.org/2000/svg";

// Drawn, because not every machine has a font with pictures.
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

const HUES = 12;

export function avatar(name, kind = "") {
  const initials = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
  const hue = [...name].reduce((hash, letter) => (hash * 31 + letter.codePointAt(0)) % 9973, 7) % HUES;
  return element("span", { class: `avatar hue${hue} ${kind}`, "aria-hidden": "true" }, initials || "?");
}

const MARKS = [
  ["```", "code"],
  ["*", "strong"],
  ["_", "em"],
  ["~", "s"],
];
const FORMATTED = /(```[\s\S]+?```|(?<![\w*])\*(?=\S)[^*\n]+?(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)[^_\n]+?(?<=\S)_(?!\w)|(?<!\w)~(?=\S)[^~\n]+?(?<=\S)~(?!\w)|https?:\/\/[^\s<>"]+)/;

export function unformatted(text) {
  return formatted(text).map((node) => node.textContent).join("");
}

// WhatsApp's own formatting; links are shown, never followed.
export function formatted(text) {
  return text.split(FORMATTED).filter(Boolean).map((part) => {
    if (/^https?:\/\//.test(part)) return element("span", { class: "link" }, part);
    for (const [mark, tag] of MARKS) {
      if (part.length > 2 * mark.length && part.startsWith(mark) && part.endsWith(mark)) {
        const inner = part.slice(mark.length, -mark.length);
        return element(tag, {}, ...(tag === "code" ? [inner] : formatted(inner)));
      }
    }
    return document.createTextNode(part);
  });
}
