// What the buyer is told about what only the storefront notices; all else is said in the app's own words.

/** @typedef {'ru' | 'en'} Language */
/** @typedef {Partial<Record<Language, Record<string, string>>>} Texts */

/** The codes of this module. @type {Record<Language, Record<string, string>>} */
export const OWN_TEXTS = {
  ru: {
    amount: 'Эту сумму нельзя оплатить баллами Купи-Купи.',
    code_invalid: 'Код состоит только из цифр, не более десяти.',
    unreachable: 'Сейчас оплатить баллами Купи-Купи нельзя.',
    checkout_gone: 'Этой корзины больше нет.',
    network: 'Нет связи с магазином. Попробуйте ещё раз.',
    unknown: 'Перевод баллов не прошёл.',
    unconfirmed: 'Оплата ещё подтверждается. Мы сообщим о заказе по почте.',
    not_ordered: 'Оплата получена, заказ пока не оформлен.',
  },
  en: {
    amount: 'This amount cannot be paid with Kupi-Kupi points.',
    code_invalid: 'The code has digits only, ten at most.',
    unreachable: 'Kupi-Kupi points cannot be used right now.',
    checkout_gone: 'This basket is no longer there.',
    network: 'The shop cannot be reached. Try again.',
    unknown: 'The points could not be transferred.',
    unconfirmed: 'The payment is still being confirmed. We will confirm your order by mail.',
    not_ordered: 'The payment has arrived; the order is not placed yet.',
  },
};

/**
 * Chooses words: the shop's own, else the app's message, else the module's.
 * @param {Language} language
 * @param {Texts} [own]
 */
export function wording(language, own = {}) {
  const known = OWN_TEXTS[language];
  /** @param {string} code @param {string} [message] */
  return (code, message) => own[language]?.[code] ?? (message || known[code] || known.unknown || '');
}
