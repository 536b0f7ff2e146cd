// The page: shows the fragment of its route, sends its forms, and does what its buttons say by their data attributes.
//
// A token, a theme or a late answer never draws the page anew, so nothing that somebody typed is lost.

import { Bridge } from "./bridge.js";
import { bindActions } from "./actions.js";
import { Requests } from "./requests.js";
import { panel, say } from "./panels.js";

const SILENCE = 5000;
const TOLD_WITHIN = 400;
const SHOWN = [200, 404, 409, 422];
const REFUSED = [401, 403];

const root = document.documentElement;
const page = document.getElementById("page");
const { prefix, kind, origins } = root.dataset;
const documents = kind === "widget" ? prefix : `${prefix}/app`;

const bridge = new Bridge(window.parent, origins.split(" "));
const requests = new Requests(bridge, prefix);

// What a reload inside the iframe would forget, for the Dashboard tells it once.
const kept = { locale: null, theme: null, ...history.state };
// The Dashboard's own query begins with `domain`; what stands before it is ours, as we gave it by updateRouting.
const [ownQuery, dashboardQuery] = divided(location.search.slice(1));
let route = routeOfDocument();
let drawnIn = null;
let going = new AbortController();

// The routes

function divided(query) {
  const at = query.search(/(?<![^&])domain=/);
  return at < 0 ? [query, ""] : [query.slice(0, at).replace(/&$/, ""), query.slice(at)];
}

function routeOfDocument() {
  const path = location.pathname.slice(documents.length).replace(/^\/+/, "/") || "/";
  const query = new URLSearchParams(ownQuery);
  if (kind === "widget") {
    // The Dashboard repeats and mixes the query's keys here: only the order's id is sure to be what it says.
    return `${path}?orderId=${encodeURIComponent(new URLSearchParams(location.search).getAll("orderId").at(-1) ?? "")}`;
  }
  for (const name of ["appPath", "error"]) query.delete(name); // left over from a question for permissions
  return query.size ? `${path}?${query}` : path;
}

function keep(changes) {
  Object.assign(kept, changes);
  history.replaceState(kept, "");
}

// The Dashboard makes the entry in the browser's history; here only the address of a reload follows.
function moveTo(next) {
  route = next;
  if (kind === "widget") return;
  const [path, query] = route.split("?");
  const search = [query, dashboardQuery].filter(Boolean).join("&");
  history.replaceState(kept, "", `${documents}${path === "/" ? "" : path}${search && "?"}${search}`);
  bridge.ask("updateRouting", { newRoute: route });
}

async function open(next, { move = true } = {}) {
  going.abort();
  going = new AbortController();
  const { signal } = going;
  page.setAttribute("aria-busy", "true");
  try {
    const answer = await requests.get(next, signal);
    const text = await answer.text();
    if (signal.aborted) return;
    const said = answer.headers.get("X-Route");
    if (move || (said && said !== next)) moveTo(said ?? next);
    if ([...SHOWN, ...REFUSED].includes(answer.status)) drawAnswer(answer, text);
    else draw(panel("defect"));
    if (move) focus("h1");
  } catch {
    if (signal.aborted) return;
    route = next;
    draw(panel("offline"));
  }
}

// Drawing

function draw(content) {
  page.replaceChildren(content);
  page.removeAttribute("aria-busy");
  drawnIn = requests.language;
  for (const place of page.querySelectorAll("[data-known]")) {
    const text = bridge.known[place.dataset.known];
    if (typeof text === "string" && text) place.textContent = text;
  }
  page.querySelectorAll("time").forEach(tellOwnTime);
  page.querySelectorAll("[data-today]").forEach(proposeOwnDay);
  bringTabIntoView();
}

// The server writes UTC, for it cannot know where the reader is. What it wrote is shown to who points at it.
function tellOwnTime(time) {
  const english = root.lang === "en";
  const month = english ? "short" : "2-digit";
  const format = { day: "2-digit", month, year: "numeric", hour: "2-digit", minute: "2-digit" };
  time.title = time.textContent;
  time.textContent = new Date(time.dateTime).toLocaleString(english ? "en-GB" : "ru", format);
}

// For the same reason it proposes the day that it is in UTC; Swedish writes a day as a field wants it.
function proposeOwnDay(field) {
  field.value = new Date().toLocaleDateString("sv");
}

// On a phone the tabs are wider than the page. Only their bar may move, so not by scrollIntoView.
function bringTabIntoView() {
  const bar = page.querySelector(".tabs");
  const tab = bar?.querySelector("[aria-current]");
  if (!tab) return;
  const [outer, inner] = [bar, tab].map((each) => each.getBoundingClientRect());
  bar.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}

function drawAnswer(answer, text) {
  const fragment = document.createElement("template");
  fragment.innerHTML = text;
  draw(fragment.content);
  const toast = answer.headers.get("X-Toast");
  if (toast) say(bridge, JSON.parse(decodeURIComponent(toast)));
}

function focus(...selectors) {
  const found = selectors.map((selector) => page.querySelector(selector)).find(Boolean);
  found?.focus();
  if (found?.tagName === "H1") window.scrollTo(0, 0);
}

// Forms

async function submit(form, submitter) {
  if (form.method !== "post") {
    const query = new URLSearchParams([...new FormData(form, submitter)].filter(([, value]) => value !== ""));
    const path = new URL(form.action).pathname.slice(documents.length) || "/";
    return open(query.size ? `${path}?${query}` : path);
  }
  if (form.getAttribute("aria-busy")) return undefined;
  form.setAttribute("aria-busy", "true");
  const { signal } = going;
  try {
    const url = submitter?.hasAttribute("formaction") ? submitter.formAction : form.action;
    const answer = await requests.post(url, new URLSearchParams(new FormData(form, submitter)));
    const text = await answer.text();
    if (!signal.aborted) settle(answer, text);
  } catch {
    sayPanel(panel("offline"));
  } finally {
    form.removeAttribute("aria-busy");
  }
  return undefined;
}

// A form whose sender or sending was refused stays as it is typed.
function settle(answer, text) {
  if (SHOWN.includes(answer.status)) {
    const next = answer.headers.get("X-Route");
    drawAnswer(answer, text);
    if (next) moveTo(next);
    focus(...(answer.ok ? [] : ["[aria-invalid=true]", "[role=alert]"]), "h1");
  } else if (REFUSED.includes(answer.status)) {
    const fragment = document.createElement("template");
    fragment.innerHTML = text;
    sayPanel(fragment.content);
  } else {
    sayPanel(panel("defect"));
  }
}

function sayPanel(content) {
  const [title, text] = ["h1", "p"].map((name) => content.querySelector(name)?.textContent ?? "");
  return say(bridge, { status: "error", title, text });
}

// What the Dashboard tells

function wear(theme) {
  root.dataset.theme = theme === "dark" ? "dark" : "light";
}

function speak(locale) {
  requests.language = locale;
  root.lang = locale.startsWith("ru") ? "ru" : "en";
}

const edited = () => page.querySelector("form[data-edited]") !== null;

bridge.addEventListener("theme", ({ detail }) => {
  wear(detail.theme);
  keep({ theme: detail.theme });
});

const told = new Promise((resolve) => bridge.addEventListener("located", resolve, { once: true })); // the last of all

const spoken = new Promise((resolve) => {
  bridge.addEventListener("localeChanged", ({ detail }) => {
    if (typeof detail.locale !== "string") return;
    speak(detail.locale);
    keep({ locale: detail.locale });
    resolve();
    if (bridge.token && drawnIn !== null && drawnIn !== detail.locale && !edited()) open(route, { move: false });
  });
});

// A page that waits for nothing but a token holds nothing that could be lost.
bridge.addEventListener("token", () => page.querySelector("[data-waits]") && again());

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// What people do

document.addEventListener("input", ({ target }) => target.form?.setAttribute("data-edited", ""));

document.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target, event.submitter);
});

const again = () => (bridge.token ? open(route, { move: false }) : location.reload());

bindActions({ bridge, requests, documents, open, sayPanel, again });

// The beginning

async function begin() {
  speak(kept.locale ?? navigator.language);
  if (kept.theme) wear(kept.theme);
  if (window.parent === window) return draw(panel("direct"));
  const silence = setTimeout(() => draw(panel("silent")), SILENCE);
  bridge.addEventListener("token", async () => {
    clearTimeout(silence);
    if (!kept.locale) await Promise.race([Promise.all([spoken, told]), wait(TOLD_WITHIN)]);
    await open(route, { move: false });
  }, { once: true });
  return bridge.greet();
}

begin();
