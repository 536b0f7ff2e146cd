// Requests to our own API: the Dashboard's token goes with each, in a header alone, and where the Dashboard is, which is
// how the app learns it. It knows no screen.

const ANSWER_WITHIN = 30000;
const FILE_WITHIN = 600000; // a million rows take a minute

export class Requests {
  /** The language that texts are asked for in. */
  language = "en";

  #bridge;
  #api;

  constructor(bridge, prefix) {
    this.#bridge = bridge;
    this.#api = `${prefix}/api/dashboard`;
  }

  /** Gets a fragment; rejects where the app cannot be reached. */
  get(path, signal) {
    return this.#send(this.#api + path, { signal });
  }

  /** Gets a file from the address that stands in a link. */
  file(url) {
    return this.#send(url, { within: FILE_WITHIN });
  }

  /** Posts a form to the address that stands in it. */
  post(url, body) {
    return this.#send(url, { method: "POST", body });
  }

  async #send(url, options) {
    const used = this.#bridge.token;
    const answer = await this.#once(url, options);
    // A refused token changed nothing, so the same may be sent again with a newer one.
    if (answer.status === 401 && (await this.#bridge.renew(used))) return this.#once(url, options);
    return answer;
  }

  #once(url, { signal, within = ANSWER_WITHIN, ...options }) {
    const late = AbortSignal.timeout(within);
    return fetch(url, {
      ...options,
      signal: signal ? AbortSignal.any([signal, late]) : late,
      headers: {
        Authorization: `Bearer ${this.#bridge.token}`,
        "Accept-Language": this.language,
        ...(this.#bridge.place && { "X-Dashboard": this.#bridge.place }),
      },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  }
}
