// The panel: clock, feeds, people, faults, rates, what the bot set, the log of calls.

import { attempt, call, get } from "./api.js";
import { $, action, clockTime, el, toast } from "./dom.js";

const body = (name) => $(`panel-${name}`).lastElementChild;
const field = (label, props = {}) => el("label", {}, `${label} `, el("input", { name: label.toLowerCase().replaceAll(" ", "_"), ...props }));

function form(label, fields, submit) {
  return el("form", { onsubmit: async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target).entries());
    if (await attempt(() => submit(values))) { event.target.reset(); toast("Done"); }
  } }, el("fieldset", {}, el("legend", {}, label), fields, el("button", { type: "submit" }, label)));
}

const table = (head, rows) => el("div", { className: "scroll", tabindex: "0", role: "region", "aria-label": head.join(", ") },
  el("table", {}, el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, cell)))))));

const move = (seconds) => attempt(() => call("POST", "clock", { seconds }));

export function drawClock(now) {
  $("clock").textContent = `${clockTime(now)} UTC`;
  if (body("clock").childElementCount) return;
  body("clock").append(
    ...[["+1 minute", 60], ["+1 hour", 3600], ["+1 day", 86400], ["+1 week", 604800]].map(([label, s]) => action(label, () => move(s))),
    form("Move to", field("Instant", { type: "datetime-local", required: "" }), (v) => call("POST", "clock", { to: `${v.instant}:00+00:00` })));
}

export async function drawFeeds() {
  const { feeds } = await get("feeds");
  body("feeds").replaceChildren(
    table(["Feed", "Items", ""], feeds.map((feed) => [
      el("span", {}, feed.title || feed.name, el("br"), el("small", { className: "meta" }, feed.url)),
      feed.held ? `${feed.shown} (+${feed.held} held)` : String(feed.shown),
      feed.made_here
        ? form(`Publish in ${feed.name}`, [field("Title", { required: "" }), field("Text", { required: "" })], (v) => call("POST", `feeds/${feed.name}/publish`, v))
        : action("Publish next", () => attempt(() => call("POST", `feeds/${feed.name}/publish`, {})), { disabled: !feed.held, "aria-label": `Publish the next item of ${feed.name}` }),
    ])));
}

export function drawPeople() {
  if (body("people").childElementCount) return;
  body("people").append(
    form("New person", [field("Name", { required: "" }), field("Username"), field("Language code", { value: "en", size: "5" })],
      (v) => call("POST", "people", Object.fromEntries(Object.entries(v).filter(([, value]) => value)))),
    form("New chat", [
      field("Title", { required: "" }), field("Username"), field("Creator", { required: "", placeholder: "id or username" }),
      el("label", {}, "Type ", el("select", { name: "type" }, ["channel", "supergroup", "group"].map((t) => el("option", {}, t)))),
    ], (v) => call("POST", "chats", Object.fromEntries(Object.entries(v).filter(([, value]) => value)))));
}

const FAULTS = {
  "429 for 5 s, once": { effect: "error", method: "sendMessage", status: 429, parameters: { retry_after: 5 }, count: 1 },
  "500, three times": { effect: "error", method: "sendMessage", status: 500, count: 3 },
  "502 after acceptance, once": { effect: "error", method: "sendMessage", status: 502, when: "after", count: 1 },
  "Answer lost, once": { effect: "drop", method: "sendMessage", count: 1 },
  "Slow by 3 s": { effect: "slow", seconds: 3 },
  "Malformed update, once": { effect: "malformed_update", count: 1 },
  "Update twice, once": { effect: "duplicate_update", count: 1 },
  "Token revoked": { effect: "revoked" },
};

export async function drawFaults() {
  const { faults } = await get("faults");
  const name = (f) => Object.entries(f).filter(([k, v]) => v !== null && !["id", "hits", "probability"].includes(k)).map(([k, v]) => `${k} ${typeof v === "object" ? JSON.stringify(v) : v}`).join(", ");
  body("faults").replaceChildren(
    el("div", { className: "actions" }, Object.entries(FAULTS).map(([label, fault]) => action(label, () => attempt(() => call("POST", "faults", fault))))),
    el("ul", {}, faults.map((f) => el("li", {}, `${name(f)} (hit ${f.hits}) `, action("Remove", () => attempt(() => call("DELETE", `faults/${f.id}`)), { "aria-label": `Remove fault ${f.id}` })))),
    faults.length ? action("Remove all", () => attempt(() => call("DELETE", "faults"))) : el("p", { className: "meta" }, "No fault is active."));
}

export async function drawRates() {
  const rates = await get("rates");
  body("rates").replaceChildren(
    el("p", {}, `Profile ${rates.profile}; refused ${rates.refused}; calls inside a closed window ${rates.faults}.`),
    el("div", { className: "actions" }, ["strict", "faq", "off"].map((profile) =>
      action(profile, () => attempt(() => call("PUT", "rates", { profile })), { "aria-pressed": String(rates.profile === profile) }))));
}

export async function drawBot() {
  const bot = await get("bot");
  const texts = (title, map) => Object.entries(map).map(([lang, text]) => [title, lang || "default", text]);
  body("bot").replaceChildren(table(["What", "Language", "Text"], [
    ...texts("Name", bot.names), ...texts("Description", bot.descriptions), ...texts("Short description", bot.short_descriptions),
    ...bot.commands.map((list) => [`Commands, ${list.scope.type ?? list.scope}`, list.language_code || "default", list.commands.map((c) => `/${c.command} ${c.description}`).join("; ")]),
  ]));
}

export async function drawCalls() {
  const { calls, counts } = await get("calls?limit=60");
  body("calls").replaceChildren(
    el("p", {}, `${counts.total} calls, ${counts.client_faults} inside a closed window. `, action("Forget them", () => attempt(() => call("DELETE", "calls")))),
    table(["Time", "Method", "Chat", "Answer"], [...calls].reverse().map((c) => [
      clockTime(c.time).slice(11), c.method, String(c.chat_id ?? ""),
      el("span", { className: c.status === 200 ? "" : "bad" }, c.status === 200 ? "200" : `${c.status} ${c.description ?? ""}`),
    ])));
}

const DRAW = { feeds: drawFeeds, people: drawPeople, faults: drawFaults, rates: drawRates, bot: drawBot, calls: drawCalls };
const KINDS = { feed: ["feeds"], fault: ["faults"], rates: ["rates"], bot: ["bot"], call: ["calls", "rates"] };

/** Draw the parts that are open; parts are drawn when they are opened. */
export function watch() {
  for (const [name, draw] of Object.entries(DRAW)) $(`panel-${name}`).addEventListener("toggle", () => attempt(draw));
}

/** Redraw the open parts that a change of this kind concerns. */
export function changed(kind) {
  for (const name of KINDS[kind] ?? []) {
    const busy = $(`panel-${name}`).contains(document.activeElement) && document.activeElement.matches("input");
    if ($(`panel-${name}`).open && !busy) attempt(DRAW[name]);
  }
}
