// What the page says by itself: panels that came with the document, in both languages, and short words in its corner.

const WORD_STAYS = 8000;

/** A copy of a panel in the page's language. */
export function panel(name) {
  const { content } = document.querySelector(`template[lang="${document.documentElement.lang}"]`);
  const found = content.querySelector(`[data-panel="${name}"]`).cloneNode(true);
  const place = document.createElement("main");
  place.className = "screen";
  place.append(found);
  return place;
}

/** Says a word through the Dashboard or, where it does not, in the page's own corner. */
export async function say(bridge, { status, title, text }) {
  if (await bridge.ask("notification", { status, title, text })) return;
  const word = document.createElement("div");
  word.className = `toast ${status}`;
  for (const [name, content] of [["strong", title], ["span", text]]) {
    const part = document.createElement(name);
    part.textContent = content;
    word.append(part);
  }
  document.getElementById("toasts").append(word);
  setTimeout(() => word.remove(), WORD_STAYS);
}
