/* One iframe of an app, mounted and spoken to as the real Dashboard was seen to: the same messages, the same order.

   Everything that is said either way is kept in window.__frames. */

import { perform } from "./actions.js";

const SANDBOX = "allow-same-origin allow-forms allow-scripts allow-downloads allow-popups";
const SOON = 10; // ms between two messages
const THEME_KNOWN = 20; // ms until the document is asked for again, then with its theme
const SILENCE = 100; // ms after which a document that loaded says nothing by itself
const CATCH_UP = 80; // ms until an old token is followed by a new one

window.__frames = [];

const later = (work, ms) => setTimeout(work, ms);

export class Frame {
  constructor(host, session) {
    this.place = JSON.parse(host.dataset.place);
    this.session = session;
    this.introduced = false;
    this.queue = Promise.resolve();
    this.greeting = null; // the answer to a document's notifyReady, until its load was dealt with
    this.element = this.iframe();
    this.host = host;
  }

  get isPage() {
    return this.place.extension_id === null;
  }

  iframe() {
    const made = document.createElement("iframe");
    made.setAttribute("sandbox", SANDBOX);
    made.title = this.place.title;
    return made;
  }

  async mount() {
    this.token = await this.session.token(this.place, this.session.get("stale"));
    addEventListener("message", (event) => this.hear(event));
    this.element.addEventListener("load", () => this.loaded());
    if (this.place.method === "POST") return this.post();
    this.askTwice();
    if (this.isPage) setInterval(() => this.refresh(), Number(this.session.get("refresh")));
  }

  /* The real one asks before it knows its theme, and again at once. Who gets as far as to speak in between is chance
     there; here the first document is in an iframe that nobody sees or listens to. */
  askTwice() {
    const first = this.iframe();
    first.hidden = true;
    first.src = `${this.place.url}?${this.place.query}`;
    document.body.append(first);
    this.unheard = first.contentWindow;
    first.addEventListener("load", () => first.remove());
    later(() => {
      this.show(this.place.url, this.place.query);
      this.host.append(this.element);
    }, THEME_KNOWN);
  }

  show(url, query) {
    this.element.src = `${url}?${query}&theme=${this.session.get("theme")}`;
  }

  /** Shows another page of the app, at the Dashboard's address of it. */
  reopen(path) {
    history.pushState(null, "", this.place.home + path);
    this.show(this.place.app_url + path, this.place.plain);
  }

  /** Asks for a widget's document as a form does: what it may know comes in fields, and is not in an address. */
  post() {
    this.element.name = `posted-${this.place.extension_id}`;
    this.host.append(this.element);
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: this.place.url, target: this.element.name, hidden: true });
    for (const [name, value] of Object.entries({ ...this.place.fields, accessToken: this.token })) {
      form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    document.body.append(form);
    form.submit();
  }

  say(type, payload) {
    this.record("dashboard->app", { type, payload });
    this.element.contentWindow?.postMessage({ type, payload }, this.place.origin);
  }

  record(dir, data) {
    window.__frames.push({ ms: Math.round(performance.now()), frame: this.isPage ? "page" : "widget", dir, data });
  }

  handshake() {
    const { saleor_version: saleorVersion, dashboard_version: dashboardVersion } = this.place;
    this.say("handshake", { token: this.token, version: 1, saleorVersion, dashboardVersion });
  }

  /* Every document of the iframe gets a handshake, asked for or not; only the first one is told the rest. */
  loaded() {
    this.inTurn(() => this.greeted());
    this.inTurn(() => this.handshake());
    if (this.introduced) return;
    this.introduced = true;
    this.inTurn(() => this.introduce());
  }

  /* Whether a document's greeting or the news that it loaded is first is chance; mostly the greeting was. */
  async greeted() {
    for (let waited = 0; !this.greeting && waited < SILENCE; waited += SOON) {
      await new Promise((resolve) => later(resolve, SOON));
    }
    await this.greeting;
    this.greeting = null;
  }

  /** Says something soon, and after all that is to be said before it. */
  inTurn(work) {
    this.queue = this.queue.then(() => new Promise((resolve) => later(resolve, SOON))).then(work);
  }

  introduce() {
    this.say("localeChanged", { locale: this.session.get("locale") });
    this.say("theme", { theme: this.session.get("theme") });
    this.say("redirect", { path: location.pathname });
    if (this.isPage && this.session.get("stale")) later(() => this.refresh(), CATCH_UP);
  }

  async refresh() {
    this.token = await this.session.token(this.place, "");
    this.say("tokenRefresh", { token: this.token });
  }

  hear(event) {
    if (event.origin !== this.place.origin || [null, this.unheard].includes(event.source)) return;
    const { type, payload } = event.data ?? {};
    this.record("app->dashboard", event.data);
    if (!type || !payload?.actionId) return;
    const ok = perform(this, type, payload);
    if (ok === undefined) return;
    const answered = new Promise((resolve) => later(resolve, SOON)).then(() => {
      this.say("response", { actionId: payload.actionId, ok });
    });
    if (type === "notifyReady") this.greeting = answered;
  }
}
