// The shapes that a shop meets; nothing here runs.

/** @typedef {import('./saleor.js').GraphQL} GraphQL */
/** @typedef {import('./saleor.js').Money} Money */
/** @typedef {import('./saleor.js').Order} Order */
/** @typedef {import('./saleor.js').Problem} Problem */
/**
 * @typedef {{ name: 'idle' }
 *   | { name: 'starting' }
 *   | { name: 'leaving', form: string }
 *   | { name: 'waiting', form: string | null, errors: Problem[] }
 *   | { name: 'unconfirmed', message: string }
 *   | { name: 'part_paid', left: Money | null }
 *   | { name: 'paid', problem: Problem | null }
 *   | { name: 'ordered', order: Order }
 *   | { name: 'failed', errors: Problem[] }
 *   | { name: 'expired', message: string }} State
 */
/** @typedef {{ phone?: string | undefined, amount?: number | string | undefined, returnUrl?: string | undefined }} Wish */
/**
 * @typedef {object} Options
 * @property {GraphQL} graphql
 * @property {string} [gateway] The app's id, where the operator chose another.
 * @property {import('./texts.js').Language} [language] Of the module's own words; `ru` unless given.
 * @property {import('./texts.js').Texts} [texts] Words of the shop's own, by code.
 * @property {import('./store.js').Store} [store]
 * @property {(form: string) => void} [go] Sends the buyer to the form.
 * @property {import('./time.js').Wait} [wait]
 * @property {number} [deadline] Milliseconds for one call of `graphql`.
 */

export {};
