// Building pages from data without ever parsing markup, and saying things to the person.

export const $ = (id) => document.getElementById(id);

/** Create an element: el("button", {type: "button", onclick}, "Label", child …). */
export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && typeof value !== "string") node[key] = value;
    else node.setAttribute(key === "className" ? "class" : key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const action = (label, onclick, props = {}) => el("button", { type: "button", onclick, ...props }, label);

let hiding;
/** Show a line over the page for a while; screen readers hear it at once. */
export function toast(text) {
  clearTimeout(hiding);
  $("toast").textContent = text;
  hiding = setTimeout(() => { $("toast").textContent = ""; }, 6000);
}

/** Show a window with a text and further content; resolves when it closes. */
export function ask(text, body = []) {
  $("dialog-text").textContent = text;
  $("dialog-body").replaceChildren(...[body].flat());
  $("dialog").showModal();
  return new Promise((done) => $("dialog").addEventListener("close", done, { once: true }));
}

export const closeDialog = () => $("dialog").close();

/** A time of the sandbox's own clock, in UTC, since its people live in several zones. */
export const clockTime = (unix) => new Date(unix * 1000).toISOString().replace("T", " ").slice(0, 16);
