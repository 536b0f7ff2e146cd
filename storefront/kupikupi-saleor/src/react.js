'use client';
// The journey for React: a hook that lives with a page, and one component without any style.

import { createElement as h, useCallback, useEffect, useId, useState, useSyncExternalStore } from 'react';

import { Journey } from './journey.js';
import { LABELS } from './react-texts.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Options} Options */
/** @typedef {import('./offer.js').Offer} Offer */

/** @type {State} */
const IDLE = { name: 'idle' };

/**
 * Follows one payment while a page is open: takes it up, watches it, and places the order once it is paid.
 * The options are read once, when the page opens.
 * @param {string} source The checkout's or order's id.
 * @param {Options} options
 * @returns {{ state: State, journey: Journey }}
 */
export function useKupikupi(source, options) {
  const [journey] = useState(() => new Journey(options));
  const state = useSyncExternalStore(
    journey.subscribe,
    () => journey.state,
    () => IDLE,
  );
  useEffect(() => void journey.resume(source), [journey, source]);
  useEffect(() => {
    if (state.name !== 'waiting') return undefined;
    const leaving = new AbortController();
    void journey.watch(leaving.signal);
    return () => leaving.abort();
  }, [journey, state.name]);
  const isFresh = state.name === 'paid' && !state.problem;
  useEffect(() => {
    if (isFresh) void journey.complete();
  }, [journey, isFresh]);
  return { state, journey };
}

/**
 * Asks whether points are offered, anew whenever the basket's total or the buyer's phone changes.
 * @param {Journey} journey
 * @param {string} source
 * @param {{ phone?: string | undefined, total?: unknown }} [about]
 * @returns {Offer | null} Null until there is an answer.
 */
export function useOffer(journey, source, { phone, total } = {}) {
  const [offer, setOffer] = useState(/** @type {Offer | null} */ (null));
  useEffect(() => {
    let isOver = false;
    void journey.offer(source, { phone }).then((answer) => isOver || setOffer(answer));
    return () => void (isOver = true);
  }, [journey, source, phone, total]);
  return offer;
}

/**
 * @typedef {Options & {
 *   source: string,
 *   total?: unknown,
 *   part?: boolean,
 *   code?: boolean,
 *   onOrdered?: (order: import('./saleor.js').Order) => void,
 *   onLeft?: (left: import('./saleor.js').Money | null) => void,
 * }} Props
 * `total` asks anew when it changes; `part` shows a field for an amount, `code` one for the code.
 */

/**
 * Shows the button, the state of the payment, and what the buyer can do about it; every part has a class of its own.
 * @param {Props} props
 */
export function KupikupiPayment({ source, total, part = false, code = false, onOrdered, onLeft, ...options }) {
  const { state, journey } = useKupikupi(source, options);
  const words = LABELS[options.language ?? 'ru'];
  useEffect(() => {
    if (state.name === 'ordered') onOrdered?.(state.order);
    if (state.name === 'part_paid') onLeft?.(state.left);
  }, [state]);
  const isOpen = state.name === 'idle' || state.name === 'failed' || state.name === 'expired';
  return h(
    'section',
    { className: 'kupikupi', 'data-state': state.name },
    h(Told, { state, words }),
    isOpen ? h(Button, { journey, source, total, part, words }) : h(Actions, { journey, state, code, words }),
  );
}

/** @param {{ state: State, words: Record<string, string> }} props */
function Told({ state, words }) {
  const texts = textsOf(state, words);
  return h(
    'div',
    { role: 'status', className: 'kupikupi-status' },
    texts.map((text) => h('p', { key: text }, text)),
  );
}

/** @param {State} state @param {Record<string, string>} words @returns {string[]} */
function textsOf(state, words) {
  switch (state.name) {
    case 'idle':
      return [];
    case 'starting':
    case 'leaving':
      return [words.starting ?? ''];
    case 'waiting':
      return [words.waiting ?? '', ...state.errors.map((each) => each.message)];
    case 'failed':
      return state.errors.map((each) => each.message);
    case 'paid':
      return [state.problem?.message ?? words.paid ?? ''];
    case 'part_paid':
      return [`${words.left} ${state.left ? `${state.left.amount.toFixed(2)} ${state.left.currency}` : '?'}`];
    case 'ordered':
      return [`${words.ordered} ${state.order.number}`];
    case 'unconfirmed':
    case 'expired':
      return [state.message];
  }
}

/** @param {{ journey: Journey, source: string, total: unknown, part: boolean, words: Record<string, string> }} props */
function Button({ journey, source, total, part, words }) {
  const [phone, setPhone] = useState('');
  const [amount, setAmount] = useState('');
  const offer = useOffer(journey, source, { total });
  if (!offer) return null;
  const payable = offer.shown || (part && offer.partOnly);
  if (!payable) return h('p', { className: 'kupikupi-reason' }, offer.message);
  /** @param {{ preventDefault: () => void }} event */
  const submit = (event) => {
    event.preventDefault();
    void journey.start(source, { phone: phone || undefined, amount: amount.replace(',', '.') || undefined });
  };
  return h(
    'form',
    { className: 'kupikupi-offer', onSubmit: submit },
    offer.test && h('p', { className: 'kupikupi-test' }, words.test),
    offer.points && h('p', { className: 'kupikupi-points' }, `${words.points} ${offer.points}`),
    offer.partOnly && h('p', { className: 'kupikupi-few' }, words.few),
    offer.needsPhone &&
      h(Field, { label: words.phone, value: phone, onChange: setPhone, type: 'tel', required: true, autoComplete: 'tel' }),
    part &&
      h(Field, { label: words.part, value: amount, onChange: setAmount, inputMode: 'decimal', required: offer.partOnly }),
    h('button', { type: 'submit' }, offer.label),
  );
}

/** @param {{ journey: Journey, state: State, code: boolean, words: Record<string, string> }} props */
function Actions({ journey, state, code, words }) {
  if (state.name === 'waiting' || state.name === 'leaving') {
    return h(
      'div',
      { className: 'kupikupi-actions' },
      state.form && h('a', { href: state.form }, words.form),
      code && state.name === 'waiting' && h(Code, { journey, words }),
    );
  }
  if (state.name === 'unconfirmed') {
    return h('button', { type: 'button', onClick: () => void journey.resume() }, words.again);
  }
  if (state.name === 'paid' && state.problem) {
    return h('button', { type: 'button', onClick: () => void journey.complete() }, words.place);
  }
  return null;
}

/** @param {{ journey: Journey, words: Record<string, string> }} props */
function Code({ journey, words }) {
  const [code, setCode] = useState('');
  const submit = useCallback(
    (/** @type {{ preventDefault: () => void }} */ event) => {
      event.preventDefault();
      void journey.confirmCode(code);
    },
    [journey, code],
  );
  return h(
    'form',
    { className: 'kupikupi-code', onSubmit: submit },
    h(Field, { label: words.code, value: code, onChange: setCode, inputMode: 'numeric', autoComplete: 'one-time-code' }),
    h('button', { type: 'submit' }, words.confirm),
  );
}

/** @param {{ label: string | undefined, value: string, onChange: (text: string) => void } & Record<string, unknown>} props */
function Field({ label, value, onChange, ...more }) {
  const id = useId();
  return h(
    'p',
    null,
    h('label', { htmlFor: id }, label),
    h('input', {
      id,
      value,
      maxLength: 40,
      ...more,
      onChange: (/** @type {{ target: { value: string } }} */ event) => onChange(event.target.value),
    }),
  );
}
