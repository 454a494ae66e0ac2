// A message's text with its entities, as DOM nodes. Offsets are UTF-16 units, as JavaScript counts.

import { el } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

function wrap(entity, children, onCommand) {
  const inner = children.map((c) => c.textContent).join("");
  switch (entity.type) {
    case "text_link": return el("a", { href: entity.url, rel: "noreferrer", target: "_blank" }, children);
    case "url": return el("a", { href: /^https?:/.test(inner) ? inner : `https://${inner}`, rel: "noreferrer", target: "_blank" }, children);
    case "bot_command": return el("a", { href: "#", onclick: (e) => { e.preventDefault(); onCommand(inner); } }, children);
    case "spoiler": return el("span", { className: "spoiler", title: "spoiler" }, children);
    case "date_time": return el("time", { datetime: entity.unix_time ? new Date(entity.unix_time * 1000).toISOString() : "" }, children);
    default: return TAGS[entity.type] ? el(TAGS[entity.type], {}, children) : el("span", {}, children);
  }
}

/** Nodes of text[from, to) with the entities that lie inside it; entities nest, never cross. */
function render(text, entities, from, to, onCommand) {
  const nodes = [];
  let at = from;
  for (let i = 0; i < entities.length; i += 1) {
    const entity = entities[i];
    if (entity.offset < at) continue;
    const end = entity.offset + entity.length;
    if (entity.offset > at) nodes.push(document.createTextNode(text.slice(at, entity.offset)));
    const inside = entities.slice(i + 1).filter((e) => e.offset >= entity.offset && e.offset + e.length <= end);
    nodes.push(wrap(entity, render(text, inside, entity.offset, end, onCommand), onCommand));
    at = end;
  }
  if (at < to) nodes.push(document.createTextNode(text.slice(at, to)));
  return nodes;
}

export function rich(text, entities = [], onCommand = () => {}) {
  const ordered = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return el("div", { className: "body", dir: "auto" }, render(text, ordered, 0, text.length, onCommand));
}
