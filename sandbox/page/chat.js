// The open chat: its messages, its menu, and the composer.

import { attempt, get, call } from "./api.js";
import { $, action, ask, closeDialog, el, toast } from "./dom.js";
import { item } from "./message.js";

/** What is open: a person's id and a chat's id ("bot" for the private chat). */
export const open = { person: null, chat: "bot", view: null, replyTo: null };

/** Something a person does as such: START, block. */
const act = (name, body = {}) => call("POST", `people/${open.person}/${name}`, body);
/** Something a person does in the open chat. */
const deed = (name, body = {}) => act(name, { chat: open.chat, ...body });

async function press(message, row, col) {
  const answer = await attempt(() => deed("press", { message_id: message.message_id, row, col }));
  if (!answer) return;
  if (answer.kind === "copy") toast(`Copied: ${answer.text}`);
  else if (answer.url) await ask("This button opens an address.", el("a", { href: answer.url, target: "_blank", rel: "noreferrer" }, answer.url));
  else if (answer.alert) await ask(answer.text);
  else if (answer.text) toast(answer.text);
  else if (!answer.answered) toast("The bot has not answered this press.");
}

async function forward(message) {
  const { chats } = await get(`people/${open.person}/chats`);
  const hidden = el("input", { type: "checkbox" });
  const send = (to) => async () => {
    closeDialog();
    const body = { from: open.chat, message_id: message.message_id, to, hidden: hidden.checked };
    if (await attempt(() => act("forward", body))) toast("Forwarded");
  };
  await ask("Forward to", [
    el("label", {}, hidden, " hide the sender"),
    el("div", { className: "actions" }, chats.filter((d) => d.joined).map((d) =>
      d.chat.type === "private" ? action("The bot", send("bot")) : action(d.chat.title, send(d.chat.id)))),
  ]);
}

async function edit(message) {
  const area = el("textarea", { rows: "4", "aria-label": "New text" });
  area.value = message.text ?? message.caption;
  const save = action("Save", async () => {
    closeDialog();
    await attempt(() => deed("edit", { message_id: message.message_id, text: area.value }));
  });
  await ask("Edit the message", [area, save]);
}

function reply(message) {
  open.replyTo = message?.message_id ?? null;
  $("replying").hidden = message === null;
  $("replying").replaceChildren(...(message ? [`Replying to “${(message.text ?? "a message").slice(0, 60)}” `, action("Do not reply", () => reply(null))] : []));
  $("composer-text").focus();
}

const on = {
  press, forward, edit, reply,
  command: (text) => attempt(() => deed("text", { text })),
  remove: (message) => attempt(() => deed("delete", { message_id: message.message_id })),
};

let drawn = "";
/** Fetch and draw the open chat; a chat opens at its end; keeps the reader's place unless they were at the end. */
export async function refresh() {
  if (open.person === null) return;
  const wanted = `people/${open.person}/chats/${open.chat}`;
  const view = await attempt(() => get(wanted));
  if (!view || wanted !== `people/${open.person}/chats/${open.chat}`) return;
  open.view = view;
  const list = $("messages");
  const atEnd = drawn !== wanted || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  drawn = wanted;
  $("chat-title").textContent = view.chat.type === "private" ? "Chat with the bot" : view.chat.title;
  drawMessages(list, view.messages);
  $("action").textContent = view.action ? `The bot is ${view.action}…` : "";
  drawKeyboard(view.keyboard);
  drawCommands(view);
  // At once and last: keys below take room, and a slow scroll would not be at the end next time.
  if (atEnd) list.scrollTo({ top: list.scrollHeight, behavior: "instant" });
  await drawMenu(view.chat);
}

/** Redraw only what changed, so that focus and open menus survive. */
function drawMessages(list, messages) {
  const old = new Map([...list.children].map((node) => [node.dataset.id, node]));
  const nodes = messages.map((message) => {
    const fingerprint = JSON.stringify(message);
    const kept = old.get(String(message.message_id));
    if (kept?.fingerprint === fingerprint) return kept;
    const fresh = item(message, on);
    fresh.fingerprint = fingerprint;
    return fresh;
  });
  const same = nodes.length === list.children.length && nodes.every((node, i) => node === list.children[i]);
  if (!same) list.replaceChildren(...nodes);
}

function drawKeyboard(markup) {
  const rows = markup?.keyboard ?? [];
  $("keyboard").replaceChildren(...rows.flatMap((row, r) => row.map((button, c) =>
    action(button.text ?? button, () => pressKey(button, r, c)))));
}

async function pressKey(button, row, col) {
  const body = { row, col };
  if (button.request_location) Object.assign(body, place());
  if (button.request_chat || button.request_users) {
    const choices = await attempt(() => deed("choices", { row, col }));
    if (!choices) return;
    const chosen = await choose(choices);
    if (!chosen) return;
    Object.assign(body, chosen);
  }
  await attempt(() => deed("keyboard", body));
}

function choose({ chats, people }) {
  return new Promise((done) => {
    const pick = (choice) => () => { closeDialog(); done(choice); };
    const buttons = [
      ...chats.map((chat) => action(chat.title, pick({ choose: chat.id }))),
      ...people.map((person) => action(person.name, pick({ choose_users: [person.id] }))),
    ];
    const text = buttons.length ? "Choose" : "There is nothing to choose: you administer no such chat.";
    ask(text, el("div", { className: "actions" }, buttons)).then(() => done(null));
  });
}

function drawCommands(view) {
  const toBot = view.chat.type === "private";
  const start = toBot && view.messages.length === 0 ? [action("START", () => attempt(() => act("start")))] : [];
  const known = toBot ? (view.commands ?? []) : [];
  $("commands").replaceChildren(...start, ...known.map((command) =>
    action(`/${command.command}`, () => attempt(() => deed("text", { text: `/${command.command}` })), { title: command.description })));
  for (const part of $("composer").elements) part.disabled = view.can_write === false;
}

async function drawMenu(chat) {
  const me = open.person;
  const run = (name, body) => () => attempt(() => deed(name, body));
  const actions = [];
  if (chat.type === "private") {
    const person = await get(`people/${me}`);
    actions.push(person.bot === "blocked" ? action("Unblock the bot", () => attempt(() => act("unblock"))) : action("Block the bot", () => attempt(() => act("block"))));
    actions.push(action("START with a payload…", startWith), action("Clear the chat", run("clear")));
  } else {
    const mine = chat.members.find((m) => m.user_id === me);
    const bot = chat.members.find((m) => m.is_bot);
    const inside = mine && !["left", "kicked"].includes(mine.status);
    actions.push(inside ? action("Leave", run("leave")) : action("Join", run("join")));
    if (["creator", "administrator"].includes(mine?.status)) {
      actions.push(
        bot?.status === "administrator"
          ? action("Take the bot's rights away", run("member", { user: "bot", status: "member" }))
          : action("Make the bot an admin", run("member", { user: "bot", status: "administrator" })),
        action("Remove the bot", run("member", { user: "bot", status: "kicked" })));
    }
    if (mine?.status === "creator" && chat.type === "group") actions.push(action("Migrate to a supergroup", run("migrate")));
    if (mine?.status === "creator") actions.push(action("Delete this chat", run("delete_chat")));
    actions.push(el("p", { className: "meta" }, chat.members.filter((m) => !["left", "kicked"].includes(m.status)).map((m) => `${m.name} (${m.status})`).join(", ")));
  }
  const shown = JSON.stringify(actions.map((node) => node.textContent));
  if ($("chat-actions").dataset.shown === shown && $("chat-actions").dataset.chat === String(open.chat) + me) return;
  Object.assign($("chat-actions").dataset, { shown, chat: String(open.chat) + me });
  $("chat-actions").replaceChildren(...actions);
}

async function startWith() {
  const field = el("input", { "aria-label": "Payload of the link", placeholder: "d_minsk" });
  await ask("Open a link t.me/…?start=", [field, action("START", async () => {
    closeDialog();
    await attempt(() => act("start", field.value ? { payload: field.value } : {}));
  })]);
}

const place = () => ({ latitude: Number($("latitude").value), longitude: Number($("longitude").value) });

const bytes = (file) => new Promise((done, fail) => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.split(",")[1]);
  reader.onerror = () => fail(reader.error);
  reader.readAsDataURL(file);
});

/** Wire the composer once. */
export function compose() {
  $("composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = $("composer-text").value;
    if (!text.trim()) return;
    const body = open.replyTo ? { text, reply_to: open.replyTo } : { text };
    if (await attempt(() => deed("text", body))) {
      $("composer-text").value = "";
      reply(null);
    }
  });
  $("composer-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); $("composer").requestSubmit(); }
  });
  const attach = {
    sample: () => deed("photo"),
    location: () => deed("location", place()),
    contact: () => deed("contact"),
  };
  for (const button of document.querySelectorAll("[data-attach]")) {
    button.addEventListener("click", () => attempt(attach[button.dataset.attach]));
  }
  $("photo").addEventListener("change", async () => attempt(async () => deed("photo", { data: await bytes($("photo").files[0]) })));
  $("document").addEventListener("change", async () => {
    const file = $("document").files[0];
    await attempt(async () => deed("document", { data: await bytes(file), file_name: file.name, mime_type: file.type }));
  });
}
