// Whether the button is shown, and what stands on it.

import { textOf } from './saleor.js';

/** @typedef {ReturnType<typeof import('./saleor.js').saleorClient>} Client */
/** @typedef {ReturnType<typeof import('./texts.js').wording>} Say */

/**
 * @typedef {object} Offer
 * @property {boolean} shown Points may pay for all of it; with `needsPhone` once the buyer has typed a number.
 * @property {boolean} partOnly There are points, fewer than the total: they can pay a part.
 * @property {boolean} needsPhone Show a field for the number.
 * @property {string | null} reason Why not; a code of the app, or `unreachable`, `checkout_gone`, `network`.
 * @property {string} message The reason in the buyer's language; empty where there is none.
 * @property {string} label The button's text.
 * @property {boolean} test No real points move: say so.
 * @property {boolean | null} suffices Whether the points suffice; null where nobody may know.
 * @property {string | null} points The balance, such as `1234.50`, where the merchant has it shown.
 */

/**
 * Asks whether points are offered. The balance is asked for unless the buyer typed a phone: it belongs to another.
 * @param {Client} saleor
 * @param {Say} say
 * @param {string} source
 * @param {{ phone?: string | undefined }} wish
 * @returns {Promise<Offer>}
 */
export async function askForOffer(saleor, say, source, { phone }) {
  try {
    const answer = await saleor.offer(source, phone ? { phone } : { checkBalance: true });
    return answer ? offerOf(answer.data, say) : unavailable('checkout_gone', say);
  } catch {
    return unavailable('network', say);
  }
}

/** @param {Record<string, any>} data @param {Say} say @returns {Offer} */
function offerOf(data, say) {
  if (typeof data.available !== 'boolean') return unavailable('unreachable', say);
  const reason = data.available ? null : textOf(data.reason) || 'unknown';
  return {
    shown: data.available || reason === 'phone_missing',
    partOnly: reason === 'insufficient_points',
    needsPhone: reason === 'phone_missing',
    reason,
    message: reason ? say(reason, textOf(data.message)) : '',
    label: textOf(data.label),
    test: data.environment === 'test',
    suffices: typeof data.pointsSufficient === 'boolean' ? data.pointsSufficient : null,
    points: textOf(data.points) || null,
  };
}

/** @param {string} reason @param {Say} say @returns {Offer} */
const unavailable = (reason, say) => ({
  shown: false,
  partOnly: false,
  needsPhone: false,
  reason,
  message: say(reason),
  label: '',
  test: false,
  suffices: null,
  points: null,
});
