// One message as a list item: sender, text, media, buttons, and what a person may do with it.

import { action, clockTime, el } from "./dom.js";
import { rich } from "./text.js";

const ORIGIN = {
  channel: (o) => `Forwarded from ${o.chat.title}`,
  chat: (o) => `Forwarded from ${o.sender_chat.title}`,
  user: (o) => `Forwarded from ${o.sender_user.first_name}`,
  hidden_user: (o) => `Forwarded from ${o.sender_user_name} (hidden)`,
};

function media(message) {
  const parts = message.files.map((file) =>
    file.mime_type?.startsWith("image/")
      ? el("img", { src: file.url, alt: message.caption ?? "Picture" })
      : el("a", { href: file.url, download: file.file_name ?? "file" }, `${file.file_name ?? "File"} (${file.size} bytes)`));
  const place = message.venue?.location ?? message.location;
  if (message.venue) parts.push(el("p", {}, `${message.venue.title}, ${message.venue.address}`));
  if (place) parts.push(el("p", {}, `Location ${place.latitude.toFixed(4)}, ${place.longitude.toFixed(4)}`));
  if (message.contact) parts.push(el("p", {}, `Contact ${message.contact.first_name}`));
  if (message.poll) parts.push(el("p", {}, message.poll.question), el("ul", {}, message.poll.options.map((o) => el("li", {}, `${o.text}: ${o.voter_count}`))));
  return parts;
}

function inline(message, onPress) {
  const rows = message.reply_markup?.inline_keyboard ?? [];
  if (!rows.length) return null;
  return el("div", { className: "inline" }, rows.map((row, r) => el("div", {}, row.map((button, c) =>
    action(button.url ? `${button.text} ↗` : button.text, () => onPress(message, r, c))))));
}

function service(message) {
  const words = [
    [message.new_chat_members, () => `${message.new_chat_members.map((u) => u.first_name).join(", ")} joined`],
    [message.left_chat_member, () => `${message.left_chat_member.first_name} left`],
    [message.pinned_message, () => "A message was pinned"],
    [message.chat_shared, () => "A chat was shared with the bot"],
    [message.migrate_to_chat_id || message.migrate_from_chat_id, () => "The group became a supergroup"],
  ];
  return words.find(([there]) => there)?.[1]() ?? "Service message";
}

function meta(message) {
  const marks = [message.edited && "edited", message.pinned && "pinned", message.silent && !message.out && "silent", message.protected && "protected"];
  return el("p", { className: "meta" }, [message.sender_name, clockTime(message.date), ...marks].filter(Boolean).join(" · "));
}

/** The list item of a message; `on` holds press, command, forward, reply, edit, remove and react. */
export function item(message, on) {
  if (message.deleted) return el("li", { className: "service", "data-id": String(message.message_id) }, "Deleted message");
  if (message.kind === "service") return el("li", { className: "service", "data-id": String(message.message_id) }, service(message));
  const text = message.text ?? message.caption;
  const tools = [
    !message.protected && action("Forward…", () => on.forward(message)),
    action("Reply", () => on.reply(message)),
    message.out && text !== undefined && action("Edit…", () => on.edit(message)),
    action("Delete", () => on.remove(message)),
  ].filter(Boolean);
  return el("li", { className: message.out ? "out" : "in", "data-id": String(message.message_id) },
    message.forward_origin ? el("p", { className: "meta" }, ORIGIN[message.forward_origin.type](message.forward_origin)) : null,
    media(message),
    text === undefined ? null : rich(text, message.entities ?? message.caption_entities, on.command),
    inline(message, on.press),
    meta(message),
    el("details", {}, el("summary", {}, "More"), el("div", { className: "actions" }, tools)));
}
