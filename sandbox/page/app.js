// Who is looking, what is open, and redrawing when the sandbox says that something changed.

import { attempt, follow, get } from "./api.js";
import { compose, open, refresh } from "./chat.js";
import { $, el } from "./dom.js";
import { changed, drawClock, watch } from "./panel.js";

function show(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("nav button")) button.setAttribute("aria-pressed", String(button.dataset.go === view));
}

function remember() {
  history.replaceState(null, "", `#${open.person}/${open.chat}`);
}

async function drawPeople() {
  const { people } = await get("people");
  const present = people.filter((person) => !person.deactivated);
  $("person").replaceChildren(...present.map((person) => el("option", { value: String(person.id) }, `${person.name} (${person.language_code ?? "no language"})`)));
  if (!present.some((person) => person.id === open.person)) open.person = present[0]?.id ?? null;
  $("person").value = String(open.person);
}

async function drawDialogs() {
  if (open.person === null) return;
  const { chats } = await get(`people/${open.person}/chats`);
  const focused = document.activeElement?.dataset?.chat;
  $("dialogs").replaceChildren(...chats.map(({ chat, joined, last }) => {
    const id = chat.type === "private" ? "bot" : chat.id;
    const preview = last?.text ?? last?.caption ?? "";
    return el("li", {}, el("button", {
      type: "button", "data-chat": String(id), "aria-current": String(String(id) === String(open.chat)),
      onclick: () => { open.chat = id; remember(); show("chat"); redraw(); $("chat-title").focus(); },
    }, chat.type === "private" ? "The bot" : `${chat.title} `, el("br"), el("small", {}, joined ? preview.slice(0, 60) : `${chat.type}, not joined`)));
  }));
  if (focused) $("dialogs").querySelector(`[data-chat="${focused}"]`)?.focus();
}

async function redraw() {
  await Promise.all([drawDialogs(), refresh()]);
}

let waiting = false;
/** Many changes in a moment cause one redraw. */
function soon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => { waiting = false; attempt(redraw); }, 80);
}

async function onChange(event) {
  if (event.kind === "clock" || event.kind === "hello") drawClock((await get("clock")).now);
  if (event.kind === "person" || event.kind === "hello") await drawPeople();
  if (!["call", "feed", "rates", "fault"].includes(event.kind)) soon();
  changed(event.kind);
}

const [person, chat] = location.hash.slice(1).split("/");
if (person) open.person = Number(person);
if (chat) open.chat = chat === "bot" ? "bot" : Number(chat);
for (const button of document.querySelectorAll("nav button")) button.addEventListener("click", () => show(button.dataset.go));
$("person").addEventListener("change", () => { open.person = Number($("person").value); open.chat = "bot"; remember(); redraw(); });
show("chat");
compose();
watch();
follow((event) => attempt(() => onChange(event)));
setInterval(() => attempt(async () => drawClock((await get("clock")).now)), 15000);
