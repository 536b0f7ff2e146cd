/* The toasts in the corner: text only, whatever is in it. */

const SECONDS = 15;

export function toast({ status, title, text }) {
  const shown = document.createElement("div");
  shown.className = `toast ${["success", "warning", "error"].includes(status) ? status : "info"}`;
  for (const [tag, said] of [["strong", title], ["p", text]]) {
    if (said) shown.appendChild(document.createElement(tag)).textContent = said;
  }
  document.getElementById("toasts").append(shown);
  setTimeout(() => shown.remove(), SECONDS * 1000);
}
