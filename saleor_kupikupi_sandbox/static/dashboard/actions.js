/* What an app may ask of the Dashboard. An action that is not here, or came with a later version, gets no answer. */

import { toast } from "./toasts.js";

const MOUNT = "/dashboard";
const AFTER_THE_ANSWER = 60;
const SINCE = { popupClose: "3.22", formPayloadUpdate: "3.22" };

const actions = {
  notifyReady(frame) {
    frame.handshake();
    return true;
  },

  notification(_frame, payload) {
    toast(payload);
    return true;
  },

  updateRouting(frame, { newRoute }) {
    history.replaceState(history.state, "", frame.place.home + newRoute);
    return true;
  },

  redirect(frame, { to, newContext }) {
    return to.startsWith("/") ? goWithin(frame, to, newContext) : goAway(to, newContext);
  },

  requestPermissions(frame, { permissions, redirectPath }) {
    if (!permissions?.length) return false;
    const query = new URLSearchParams({ requestedPermissions: permissions.join(","), redirectPath });
    location.assign(`${MOUNT}/authorize/${encodeURIComponent(frame.place.app_id)}?${query}`);
    return undefined;
  },

  popupClose: () => true,

  formPayloadUpdate: () => true,
};

/** Gives what the answer's `ok` says; undefined is no answer. */
export function perform(frame, type, payload) {
  const silent = frame.session.get("silent").split(",").includes(type);
  const known = Object.hasOwn(actions, type) && frame.place.dashboard_version >= `v${SINCE[type] ?? "3.21"}` && !silent;
  return known ? actions[type](frame, payload) : undefined;
}

function goWithin(frame, to, newContext) {
  const own = decodeURIComponent(frame.place.home.slice(MOUNT.length));
  const path = decodeURIComponent(to);
  if (newContext) {
    open(MOUNT + to, "_blank");
  } else if (frame.isPage && (path === own || path.startsWith(`${own}/`))) {
    frame.reopen(path.slice(own.length));
  } else {
    setTimeout(() => location.assign(MOUNT + to), AFTER_THE_ANSWER);
  }
  return true;
}

/* Another port of the Dashboard's own host is neither within nor away. */
function goAway(to, newContext) {
  if (!URL.canParse(to) || new URL(to).hostname === location.hostname) return false;
  if (newContext) {
    open(to, "_blank");
    return true;
  }
  if (!confirm("You are about to leave the Dashboard. Do you want to continue?")) return false;
  setTimeout(() => location.assign(to), AFTER_THE_ANSWER);
  return true;
}
