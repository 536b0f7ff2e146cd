// The journey of one payment, as a state machine: the README draws it. It knows neither pages nor frameworks.

import { askForOffer } from './offer.js';
import { freshKey, isAmount, isCode, printOf, recordOf } from './record.js';
import { GATEWAY, saleorClient } from './saleor.js';
import { browserStore } from './store.js';
import { wording } from './texts.js';
import { PATIENCE, pace, pause, untilSeen, within } from './time.js';

/** @typedef {import('./saleor.js').Problem} Problem */
/** @typedef {import('./saleor.js').Order} Order */
/** @typedef {import('./saleor.js').Step} Step */
/** @typedef {import('./saleor.js').Look} Look */
/** @typedef {import('./record.js').Memory} Memory */

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Wish} Wish */

const COVERED = ['FULL', 'OVERCHARGED'];

/** @param {string} code @returns {Problem} */
const problem = (code) => ({ code, message: '' });

/** One payment of one buyer; asks nothing until it is told to. */
export class Journey {
  /** @type {State} */ #state = { name: 'idle' };
  /** @type {Memory | null} */ #record = null;
  /** @type {string | null} */ #returnUrl = null;
  #retryAfter = 0;
  #blanks = 0;
  /** @type {Promise<State> | null} */ #starting = null;
  /** @type {Promise<unknown>} */ #turn = Promise.resolve();
  /** @type {Set<() => void>} */ #listeners = new Set();
  #saleor;
  #say;
  #store;
  #go;
  #wait;

  /** @param {import('./types.js').Options} options */
  constructor({ graphql, gateway = GATEWAY, language = 'ru', texts, deadline = 30_000, ...more }) {
    this.#saleor = saleorClient((document, variables) => within(graphql(document, variables), deadline), gateway);
    this.#say = wording(language, texts);
    this.#store = more.store ?? browserStore();
    this.#go = more.go ?? ((form) => location.assign(form));
    this.#wait = more.wait ?? pause;
  }

  /** Is where the payment stands. */
  get state() {
    return this.#state;
  }

  /** Is the `returnUrl` that the payment was started with, once an answer brought it. */
  get returnUrl() {
    return this.#returnUrl;
  }

  /** Calls back at every change; gives what ends that. @param {() => void} listener */
  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /**
   * Asks whether points are offered for a checkout or an order; never rejects.
   * @param {string} source
   * @param {Wish} [wish]
   */
  offer(source, wish = {}) {
    return askForOffer(this.#saleor, this.#say, source, wish);
  }

  /**
   * Starts a payment and sends the buyer to the form; a second click joins the first.
   * @param {string} source
   * @param {Wish} [wish] `amount` in roubles pays a part; without it all that is owed.
   * @returns {Promise<State>}
   */
  start(source, wish = {}) {
    this.#starting ??= this.#inTurn(() => this.#begin(source, wish)).finally(() => (this.#starting = null));
    return this.#starting;
  }

  /**
   * Takes up what is remembered: after the return, a reload, in a second tab.
   * @param {string} [source] Whatever is remembered of another checkout is none of ours.
   */
  resume(source) {
    return this.#inTurn(() => this.#recall(source));
  }

  /**
   * Asks until the payment has ended, the signal aborts, or ten minutes are over.
   * @param {AbortSignal} [signal]
   * @returns {Promise<State>}
   */
  async watch(signal) {
    for (let spent = 0; this.#state.name === 'waiting'; ) {
      if (spent >= PATIENCE) return this.#to({ name: 'unconfirmed', message: this.#say('unconfirmed') });
      const next = Math.max(pace(spent), this.#retryAfter);
      await this.#wait(next, signal);
      await untilSeen(signal);
      if (signal?.aborted) break;
      await this.#inTurn(() => this.#ask());
      spent += next;
    }
    return this.#state;
  }

  /** Passes the code on, where the merchant allows that. @param {string} code Digits as text. */
  confirmCode(code) {
    return this.#inTurn(async () => {
      if (this.#state.name !== 'waiting') return this.#state;
      const text = String(code).trim();
      return isCode(text) ? this.#ask({ code: text }) : this.#toWaiting([problem('code_invalid')], this.#state.form);
    });
  }

  /** Places the order, or finds the one that was placed; after a part, once the rest is paid too. */
  complete() {
    return this.#inTurn(async () => {
      const before = this.#state;
      if (!this.#record || (before.name !== 'paid' && before.name !== 'part_paid')) return before;
      try {
        return await this.#place(this.#record, before);
      } catch {
        return before.name === 'paid' ? this.#to({ name: 'paid', problem: this.#said(problem('network')) }) : before;
      }
    });
  }

  // Where it goes

  /**
   * One after the other: an answer that comes late must not overwrite a newer one.
   * @param {() => Promise<State>} work
   */
  #inTurn(work) {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** @param {State} next @returns {State} */
  #to(next) {
    this.#state = next;
    this.#listeners.forEach((listener) => listener());
    return next;
  }

  /** @param {Problem[]} errors @param {string | null} [form] */
  #toWaiting(errors, form = null) {
    return this.#to({ name: 'waiting', form, errors: errors.map(this.#said) });
  }

  /** @param {Problem[]} errors */
  async #fail(errors) {
    await this.#keep(null);
    const told = errors.length ? errors : [problem('unknown')];
    return this.#to({ name: 'failed', errors: told.map(this.#said) });
  }

  /** @param {Memory} memory */
  async #toPaid(memory) {
    await this.#keep({ ...memory, key: null });
    return this.#to({ name: 'paid', problem: null });
  }

  /** @param {Memory} memory @param {Order} order */
  async #toOrdered(memory, order) {
    await this.#keep({ ...memory, key: null, order });
    return this.#to({ name: 'ordered', order });
  }

  /** @param {Memory} memory */
  async #toPartPaid(memory) {
    await this.#keep({ ...memory, key: null });
    return this.#to({ name: 'part_paid', left: await this.#saleor.owed(memory.source) });
  }

  /** @param {string} form */
  #leave(form) {
    globalThis.addEventListener?.('pageshow', this.#backAgain);
    const left = this.#to({ name: 'leaving', form });
    this.#go(form);
    return left;
  }

  /** The back button may bring back this very page, as it was left. @param {Event} event */
  #backAgain = (event) => {
    if (this.#state.name === 'leaving' && /** @type {PageTransitionEvent} */ (event).persisted) void this.resume();
  };

  // What it remembers

  /** @param {Memory | null} next */
  async #keep(next) {
    this.#record = next;
    await (next ? this.#store.set(JSON.stringify(next)) : this.#store.remove());
  }

  /** @param {Problem} told @returns {Problem} */
  #said = ({ code, message }) => ({ code, message: this.#say(code, message) });

  /** @param {string} [source] @returns {Promise<State>} */
  async #recall(source) {
    const record = (this.#record = recordOf(await this.#store.get()));
    if (!record || (source && record.source !== source)) return this.#to({ name: 'idle' });
    if (record.order) return this.#to({ name: 'ordered', order: record.order });
    if (!record.transaction && record.key) return this.#to({ name: 'idle' }); // the same press takes the same key
    this.#blanks = 0;
    this.#toWaiting([]);
    return this.#ask();
  }

  // What it asks

  /** @param {string} source @param {Wish} wish @returns {Promise<State>} */
  async #begin(source, { phone, amount, returnUrl }) {
    this.#to({ name: 'starting' });
    if (amount !== undefined && !isAmount(amount)) return this.#fail([problem('amount')]);
    const kept = recordOf(await this.#store.get());
    const earlier = kept?.source === source ? kept : null;
    const print = printOf([amount, phone, returnUrl]);
    const again = earlier?.key && earlier.print === print ? earlier : null;
    /** @type {Memory} */
    const memory = again ?? { source, key: null, print, transaction: null, part: amount !== undefined, order: null };
    try {
      const over = await this.#covered(earlier ?? memory, await this.#saleor.look(source));
      return over ?? (await this.#open(memory, Number(amount) || null, { phone, returnUrl }, earlier));
    } catch {
      const trouble = [this.#said(problem('network'))]; // the key is kept: it asks about the same payment
      return memory.transaction ? this.#toWaiting(trouble) : this.#to({ name: 'failed', errors: trouble });
    }
  }

  /**
   * @param {Memory} memory
   * @param {number | null} amount
   * @param {object} data
   * @param {Memory | null} earlier
   * @returns {Promise<State>}
   */
  async #open(memory, amount, data, earlier) {
    const isOld = memory.key !== null;
    const key = (memory.key ??= freshKey());
    await this.#keep(memory);
    const step = await this.#saleor.start(memory.source, key, amount, data);
    const refused = step.kind === 'failure' || step.kind === 'refused';
    if (refused && step.errors[0]?.code === 'payment_in_progress') return this.#yield(memory, step, earlier);
    if (refused && isOld) {
      // An old key brings an old failure, or the refusal of another amount.
      Object.assign(memory, { key: null, transaction: null });
      return this.#open(memory, amount, data, earlier);
    }
    if (step.kind === 'refused') return this.#fail([]);
    memory.transaction = step.transaction;
    await this.#keep(memory);
    this.#blanks = 0;
    const next = await this.#heard(step, memory);
    return next.name === 'waiting' && next.form ? this.#leave(next.form) : next;
  }

  /**
   * Follows the other payment of the checkout, which is being confirmed.
   * @param {Memory} memory
   * @param {Step} step
   * @param {Memory | null} earlier
   */
  async #yield(memory, step, earlier) {
    await this.#keep({ ...memory, key: null, transaction: earlier?.transaction ?? null });
    return this.#toWaiting(step.errors);
  }

  /** @param {object} [data] @returns {Promise<State>} */
  async #ask(data) {
    const [state, record] = [this.#state, this.#record];
    if (state.name !== 'waiting' || !record) return state;
    try {
      const over = await this.#covered(record, await this.#saleor.look(record.source));
      // Without a transaction of our own, only the checkout tells how the other payment ends.
      if (over || !record.transaction) return over ?? state;
      return await this.#heard(await this.#saleor.ask(record.transaction, data), record);
    } catch {
      return this.#toWaiting([problem('network')], state.form);
    }
  }

  /** @param {Step} step @param {Memory} memory @returns {Promise<State>} */
  async #heard(step, memory) {
    this.#returnUrl = step.returnUrl ?? this.#returnUrl;
    this.#retryAfter = step.retryAfter * 1000;
    if (step.kind === 'success') return this.#succeeded(memory);
    if (step.kind === 'open') return this.#toWaiting(step.errors, step.form);
    if (step.errors[0]?.code.endsWith('_IN_PROGRESS')) return this.#toWaiting([]); // the order is just being made
    // Without a word of the app: an old failure, or the app was not reached. The second time decides.
    const errors = step.kind === 'refused' ? [] : step.errors;
    return !errors.length && ++this.#blanks < 2 ? this.#toWaiting([]) : this.#fail(errors);
  }

  /** @param {Memory} memory @returns {Promise<State>} */
  async #succeeded(memory) {
    if (!memory.part) return this.#toPaid(memory);
    const seen = await this.#saleor.look(memory.source);
    // While Saleor does not hold the points, what is left would be told wrong.
    const over = await this.#covered(memory, seen);
    return over ?? (seen.status === 'PARTIAL' ? this.#toPartPaid(memory) : this.#toWaiting([]));
  }

  /** Moves on where the checkout or order is covered, by whichever payment. @param {Memory} memory @param {Look} seen */
  async #covered(memory, { gone, status, order }) {
    if (!gone && !COVERED.includes(status)) return null;
    return order ? this.#toOrdered(memory, order) : this.#toPaid(memory);
  }

  /** @param {Memory} memory @param {State} before @returns {Promise<State>} */
  async #place(memory, before) {
    const done = await this.#saleor.complete(memory.source);
    if (done.order) return this.#toOrdered(memory, done.order);
    const code = done.problem?.code ?? 'unknown';
    if (code === 'NOT_FOUND') {
      await this.#keep(null);
      return this.#to({ name: 'expired', message: this.#say('checkout_gone') });
    }
    const isPart = code === 'CHECKOUT_NOT_FULLY_PAID' && (await this.#saleor.look(memory.source)).status === 'PARTIAL';
    if (isPart) return this.#toPartPaid(memory);
    if (before.name === 'part_paid') return before;
    return this.#to({ name: 'paid', problem: { code, message: this.#say('not_ordered') } });
  }
}
