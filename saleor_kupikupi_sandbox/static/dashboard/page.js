/* Puts a page of the Dashboard together: its session, the switches in its corner, the iframes of apps. */

import { Frame } from "./frame.js";
import { Session } from "./session.js";
import { toast } from "./toasts.js";

const session = new Session();
const frames = [...document.querySelectorAll("[data-place]")].map((host) => new Frame(host, session));

function dress() {
  document.documentElement.dataset.theme = session.get("theme");
}

/* A new theme is told at once; for another language, or as somebody else, the Dashboard loads again. */
function switchTo(name, value) {
  session.keep(name, value);
  if (name !== "theme") return location.reload();
  dress();
  for (const frame of frames) frame.say("theme", { theme: value });
}

dress();
for (const control of document.querySelectorAll("[data-switch]")) {
  control.value = session.get(control.dataset.switch);
  control.addEventListener("change", () => switchTo(control.dataset.switch, control.value));
}
const failed = document.querySelector("[data-failed]")?.dataset.failed;
if (failed) toast({ status: "error", title: "Couldn't install the app", text: failed });
for (const opener of document.querySelectorAll("[data-opens]")) {
  // A dialog changes the real Dashboard's address, and thereby loads every widget anew.
  opener.addEventListener("click", () => {
    document.getElementById(opener.dataset.opens).showModal();
    for (const frame of frames) frame.show(frame.place.url, `action=${opener.dataset.opens}&${frame.place.query}`);
  });
}
await Promise.all(frames.map((frame) => frame.mount()));
