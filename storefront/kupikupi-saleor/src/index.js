/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Options} Options */
/** @typedef {import('./types.js').Wish} Wish */
/** @typedef {import('./offer.js').Offer} Offer */
/** @typedef {import('./saleor.js').GraphQL} GraphQL */
/** @typedef {import('./saleor.js').Money} Money */
/** @typedef {import('./saleor.js').Order} Order */
/** @typedef {import('./saleor.js').Problem} Problem */
/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./texts.js').Language} Language */
/** @typedef {import('./texts.js').Texts} Texts */

export { Journey } from './journey.js';
export { DOCUMENTS, GATEWAY } from './saleor.js';
export { browserStore, memoryStore } from './store.js';
export { OWN_TEXTS } from './texts.js';
