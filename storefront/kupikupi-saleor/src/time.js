// How long one waits, and for what. It knows nothing of payments.

/** @typedef {(milliseconds: number, signal?: AbortSignal) => Promise<void>} Wait Ends early once the signal aborts. */

export const PATIENCE = 600_000; // milliseconds; after them a buyer is told to expect mail

/** Is the pause before the next question: Saleor keeps an event of each. @param {number} spent Milliseconds so far. */
export const pace = (spent) => (spent < 60_000 ? 3000 : spent < 180_000 ? 5000 : 10_000);

/** @type {Wait} */
export function pause(milliseconds, signal) {
  return new Promise((done) => {
    if (signal?.aborted) return done();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}

/**
 * Waits while the page's tab is hidden.
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function untilSeen(signal) {
  return new Promise((done) => {
    const page = globalThis.document;
    if (!page?.hidden || signal?.aborted) return done();
    const look = () => {
      if (page.hidden && !signal?.aborted) return;
      page.removeEventListener('visibilitychange', look);
      signal?.removeEventListener('abort', look);
      done();
    };
    page.addEventListener('visibilitychange', look);
    signal?.addEventListener('abort', look);
  });
}

/**
 * Rejects where there is no answer within the deadline; what was sent may have been done all the same.
 * @template T
 * @param {Promise<T>} answer
 * @param {number} milliseconds
 * @returns {Promise<T>}
 */
export function within(answer, milliseconds) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
