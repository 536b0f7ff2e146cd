// What a click does beside sending a form, by the data attributes of what is clicked:
// links of ours, data-redirect (the Dashboard goes there), data-download, data-copy, data-retry, a confirmation's "no".

import { panel } from "./panels.js";

const COPIED_STAYS = 2000;

export function bindActions({ bridge, requests, documents, open, sayPanel, again }) {
  async function redirect(element, event) {
    const newContext = "new" in element.dataset || event.ctrlKey || event.metaKey;
    if (!(await bridge.ask("redirect", { to: element.dataset.redirect, newContext }))) sayPanel(panel("not-opened"));
  }

  async function download(link) {
    if (link.getAttribute("aria-busy")) return undefined;
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await requests.file(link.href);
      if (!answer.ok) return sayPanel(panel("defect"));
      const file = document.createElement("a");
      file.href = URL.createObjectURL(await answer.blob());
      file.download = link.download;
      file.click();
      return setTimeout(() => URL.revokeObjectURL(file.href), 60000);
    } catch {
      return sayPanel(panel("offline"));
    } finally {
      link.removeAttribute("aria-busy");
    }
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!(await copied(source))) {
      sayPanel(panel("not-copied"));
      return;
    }
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), COPIED_STAYS);
  }

  function leave(button) {
    const question = button.closest("details.confirm");
    if (question === null) return;
    question.open = false;
    question.querySelector("summary").focus();
  }

  const routeOf = ({ origin, pathname, search }) =>
    origin === location.origin && (pathname === documents || pathname.startsWith(`${documents}/`))
      ? (pathname.slice(documents.length) || "/") + search
      : null;

  document.addEventListener("click", (event) => {
    const element = event.target.closest("a[href], button");
    if (element === null) return;
    if ("redirect" in element.dataset) {
      event.preventDefault();
      redirect(element, event);
    } else if ("download" in element.dataset) {
      event.preventDefault();
      download(element);
    } else if ("copy" in element.dataset) copy(element);
    else if ("retry" in element.dataset) again();
    else if (element.type === "reset") leave(element);
    else if (element.href && !event.defaultPrevented) {
      const route = routeOf(new URL(element.href));
      if (route === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(route);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave(event.target);
  });
}

/** Copies a text and leaves it selected where that is what it takes: an iframe seldom gets the clipboard itself. */
async function copied(source) {
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    return true;
  } catch {
    if (source.select) source.select();
    else window.getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}
