// The conversation with the Dashboard around the iframe, by postMessage.
//
// It believes the window that frames us alone, and only from an origin that the server lists; the first handshake
// settles which. It knows no screen and draws nothing.

const ANSWER_WITHIN = 2000;

export class Bridge extends EventTarget {
  /** The latest token, null before the first handshake. */
  token = null;
  /** What the handshake tells of the Dashboard: saleorVersion and dashboardVersion. */
  known = {};
  /** Where the Dashboard is mounted: its origin and its path; null until it has said. */
  place = null;

  #parent;
  #origins;
  #origin = null;
  #count = 0;
  #waiting = new Map();

  constructor(parent, origins) {
    super();
    this.#parent = parent;
    this.#origins = origins;
    window.addEventListener("message", (event) => this.#hear(event));
  }

  /** Says that the page is ready. To anybody, for it holds no secret and the referrer may be ourselves. */
  greet() {
    this.#parent.postMessage({ type: "notifyReady", payload: { actionId: this.#name() } }, "*");
  }

  /** Asks the Dashboard for something; false where it refuses or, as with what it does not know, is silent. */
  ask(type, payload) {
    if (this.#origin === null) return Promise.resolve(false);
    const actionId = this.#name();
    return new Promise((resolve) => {
      const settle = (ok) => {
        clearTimeout(timer);
        this.#waiting.delete(actionId);
        resolve(ok);
      };
      const timer = setTimeout(settle, ANSWER_WITHIN, false);
      this.#waiting.set(actionId, settle);
      this.#parent.postMessage({ type, payload: { ...payload, actionId } }, this.#origin);
    });
  }

  /** Waits for a token other than the one that was refused; false when none comes. */
  renew(refused) {
    if (this.token !== refused) return Promise.resolve(true);
    const renewed = new Promise((resolve) => {
      const timer = setTimeout(resolve, ANSWER_WITHIN, false);
      this.addEventListener("token", () => (clearTimeout(timer), resolve(true)), { once: true });
    });
    this.greet();
    return renewed;
  }

  #hear({ source, origin, data }) {
    if (source !== this.#parent || !this.#origins.includes(origin)) return;
    if (this.#origin !== null && origin !== this.#origin) return;
    const payload = data?.payload;
    if (typeof payload !== "object" || payload === null) return;
    if (data.type === "handshake") {
      this.#origin = origin;
      this.known = payload;
      this.#take(payload.token);
    } else if (data.type === "tokenRefresh") {
      this.#take(payload.token);
    } else if (data.type === "response") {
      this.#waiting.get(payload.actionId)?.(payload.ok === true);
    } else if (data.type === "redirect") {
      this.#locate(payload.path);
    } else if (data.type === "theme" || data.type === "localeChanged") {
      this.dispatchEvent(new CustomEvent(data.type, { detail: payload }));
    }
  }

  // It says the whole path of what it shows; what stands before our own part of it is where it is mounted.
  #locate(path) {
    const mounted = /^((?:\/[\w.~-]+)*)\/extensions\/app\//.exec(path)?.[1];
    if (this.#origin !== null && mounted !== undefined) this.place = this.#origin + mounted;
    this.dispatchEvent(new Event("located"));
  }

  // A handshake may repeat a token older than the last refresh: the one that lasts longest is the latest.
  #take(token) {
    if (typeof token !== "string" || token === this.token || end(token) < end(this.token)) return;
    this.token = token;
    this.dispatchEvent(new Event("token"));
  }

  // Every frame of the Dashboard hears every answer, so names differ between frames.
  #name() {
    this.#count += 1;
    return `${Math.random().toString(36).slice(2)}-${this.#count}`;
  }
}

/** When a token ends, in seconds; 0 where it cannot be read. Nothing is trusted for it: the server checks. */
function end(token) {
  try {
    const [, claims] = token.split(".");
    return JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))).exp || 0;
  } catch {
    return 0;
  }
}
