// What is remembered of one payment while the buyer is away: never a phone number, never a code.

/**
 * @typedef {object} Memory
 * @property {string} source The checkout's or order's id.
 * @property {string | null} key The idempotency key of a start that has no final outcome yet.
 * @property {string} print Of what was wished for: the same press again takes the same key.
 * @property {string | null} transaction
 * @property {boolean} part Only a part was to be paid with points.
 * @property {import('./saleor.js').Order | null} order
 */

/**
 * Reads what a store gave; null where that is nothing of ours.
 * @param {string | null} text
 * @returns {Memory | null}
 */
export function recordOf(text) {
  try {
    const kept = JSON.parse(text ?? 'null');
    return typeof kept?.source === 'string' ? kept : null;
  } catch {
    return null;
  }
}

/**
 * Makes a short mark of a wish: the phone number is not to be read in it.
 * @param {unknown} wish
 */
export function printOf(wish) {
  let hash = 5381;
  for (const letter of JSON.stringify(wish)) hash = (hash * 33 + letter.charCodeAt(0)) | 0;
  return hash.toString(36);
}

/** @param {unknown} amount Roubles; at most kopecks. */
export const isAmount = (amount) => /^\d{1,8}(\.\d{1,2})?$/.test(String(amount)) && Number(amount) > 0;

/** @param {unknown} code */
export const isCode = (code) => /^\d{1,10}$/.test(String(code));

/** Makes an idempotency key. `crypto.randomUUID` is missing where a page is not served over https. */
export const freshKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
