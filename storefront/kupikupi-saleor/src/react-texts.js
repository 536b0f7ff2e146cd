// What stands on the component itself.

/** @type {Record<import('./texts.js').Language, Record<string, string>>} */
export const LABELS = {
  ru: {
    phone: 'Телефон, к которому привязаны баллы',
    part: 'Сколько баллов потратить (пусто — всю сумму)',
    test: 'Тестовый режим: баллы не списываются.',
    points: 'Ваши баллы:',
    few: 'Баллов хватит только на часть суммы.',
    starting: 'Открываем форму Купи-Купи…',
    waiting: 'Ждём подтверждения оплаты.',
    form: 'Вернуться к форме Купи-Купи',
    code: 'Код из сообщения',
    confirm: 'Подтвердить',
    again: 'Проверить ещё раз',
    paid: 'Оплачено. Оформляем заказ…',
    place: 'Оформить заказ',
    left: 'Баллы переведены. Осталось оплатить:',
    ordered: 'Спасибо! Заказ №',
  },
  en: {
    phone: 'The phone number that your points belong to',
    part: 'Points to use (empty: all of the total)',
    test: 'Test mode: no points are taken.',
    points: 'Your points:',
    few: 'Your points cover only a part of the total.',
    starting: 'Opening the Kupi-Kupi form…',
    waiting: 'Waiting for your payment to be confirmed.',
    form: 'Back to the Kupi-Kupi form',
    code: 'Code from the message',
    confirm: 'Confirm',
    again: 'Check again',
    paid: 'Paid. Placing your order…',
    place: 'Place the order',
    left: 'The points have moved. Left to pay:',
    ordered: 'Thank you! Order no.',
  },
};
