/* Who is logged in and what the Dashboard looks like to them. It is said once in the address and kept by the browser. */

const USUAL = { staff: "admin", theme: "light", locale: "en", stale: "", refresh: "270000", silent: "" };

export class Session {
  constructor() {
    const address = new URL(location.href);
    for (const name of Object.keys(USUAL)) {
      if (address.searchParams.has(name)) {
        this.keep(name, address.searchParams.get(name));
        address.searchParams.delete(name);
      }
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }

  get(name) {
    return localStorage.getItem(name) ?? USUAL[name];
  }

  keep(name, value) {
    localStorage.setItem(name, value);
  }

  async token(place, stale) {
    const body = JSON.stringify({
      app: place.app_id, extension: place.extension_id, staff: this.get("staff"), stale,
    });
    const answer = await fetch("/dashboard/token", {
      method: "POST", body, headers: { "Content-Type": "application/json" },
    });
    return (await answer.json()).token;
  }
}
