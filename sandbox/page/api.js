// The control API of the sandbox.

import { toast } from "./dom.js";

export async function call(method, path, body) {
  const answer = await fetch(`/control/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error ?? `HTTP ${answer.status}`);
  return found;
}

export const get = (path) => call("GET", path);

/** Run an action of the person and show what went wrong, if anything did. */
export async function attempt(work) {
  try {
    return await work();
  } catch (problem) {
    toast(problem.message);
    return null;
  }
}

/** Follow changes; `onchange` gets each event's data. The browser reconnects by itself. */
export function follow(onchange) {
  const source = new EventSource("/control/events");
  source.addEventListener("change", (event) => onchange(JSON.parse(event.data)));
}
