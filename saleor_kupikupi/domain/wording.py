"""What people are told, in Russian and in English: shoppers in the checkout's language, the shop's staff in theirs."""

LANGUAGES = ("ru", "en")
LABEL = "Оплатить баллами Купи-Купи"

_SHOPPER: dict[str, tuple[str, str]] = {
    "currency": (
        "Баллами Купи-Купи можно оплатить только заказ в рублях.",
        "Kupi-Kupi points can only pay for an order in roubles.",
    ),
    "amount": (
        "Эту сумму нельзя оплатить баллами Купи-Купи.",
        "This amount cannot be paid with Kupi-Kupi points.",
    ),
    "not_configured": (
        "Оплата баллами Купи-Купи в этом магазине пока не настроена.",
        "Kupi-Kupi points are not set up in this shop yet.",
    ),
    "phone_missing": (
        "Укажите номер мобильного телефона, к которому привязаны баллы Купи-Купи.",
        "Enter the mobile phone number that your Kupi-Kupi points belong to.",
    ),
    "phone_invalid": (
        "Нужен российский мобильный номер, например +7 912 345-67-89.",
        "A Russian mobile number is needed, such as +7 912 345-67-89.",
    ),
    "return_url_not_allowed": (
        "Оплатить баллами сейчас нельзя: магазин ещё не разрешил страницу, на которую вы вернётесь. Сообщите магазину.",
        "Points cannot be used now: the shop has not allowed the page you would come back to. Please tell the shop.",
    ),
    "insufficient_points": (
        "Баллов Купи-Купи не хватает для оплаты этого заказа.",
        "There are not enough Kupi-Kupi points for this order.",
    ),
    "payment_in_progress": (
        "Оплата этого заказа баллами уже подтверждается. Подождите немного и обновите страницу.",
        "A points payment for this order is already being confirmed. Wait a moment and reload the page.",
    ),
    "declined": (
        "Купи-Купи не принял эту оплату. Проверьте номер телефона или выберите другой способ оплаты.",
        "Kupi-Kupi did not accept this payment. Check the phone number or choose another way to pay.",
    ),
    "provider_unavailable": (
        "Купи-Купи сейчас недоступен. Баллы не списаны, попробуйте ещё раз чуть позже.",
        "Kupi-Kupi cannot be reached right now. No points were taken; try again a little later.",
    ),
    "start_again": (
        "Эта форма оплаты больше не действует. Начните оплату заново.",
        "This payment form is no longer valid. Start the payment again.",
    ),
    "rejected": (
        "Перевод баллов не прошёл. Баллы не списаны.",
        "The points could not be transferred. No points were taken.",
    ),
    "canceled": (
        "Оплата баллами не была подтверждена вовремя. Баллы не списаны.",
        "The points payment was not confirmed in time. No points were taken.",
    ),
    "code_invalid": (
        "Код состоит только из цифр, не более десяти.",
        "The code has digits only, ten at most.",
    ),
    "code_wrong": (
        "Код не подошёл. Проверьте его и введите ещё раз.",
        "The code was not accepted. Check it and enter it again.",
    ),
    "code_limit": (
        "Слишком много попыток ввода кода. Введите код на странице Купи-Купи.",
        "Too many attempts to enter a code. Enter it on Kupi-Kupi's own page.",
    ),
    "code_not_possible": (
        "Введите код на странице Купи-Купи.",
        "Enter the code on Kupi-Kupi's own page.",
    ),
}

_STAFF: dict[str, tuple[str, str]] = {
    "currency": (
        "Купи-Купи принимает только рубли: здесь нужен другой способ оплаты.",
        "Kupi-Kupi takes roubles only: another way to pay is needed here.",
    ),
    "amount": (
        "Сумма должна быть от 0,01 до 99 999 999,99 ₽ без долей копейки.",
        "The amount must be 0.01 to 99,999,999.99 roubles with no fraction of a kopeck.",
    ),
    "not_configured": (
        "Для этого канала не настроено подключение к Купи-Купи. Привяжите канал к подключению с ключом.",
        "This channel has no Kupi-Kupi connection. Map the channel to a connection that has a secret.",
    ),
    "phone_missing": (
        "Покупатель не указал телефон, а баллы привязаны к номеру. С номером пусть начнёт оплату заново.",
        "The buyer gave no phone number, and points belong to a number. With one the buyer may start again.",
    ),
    "phone_invalid": (
        "Телефон покупателя не похож на российский мобильный номер. С другим номером пусть начнёт оплату заново.",
        "The buyer's phone is not a Russian mobile number. With another one the buyer may start again.",
    ),
    "return_url_not_allowed": (
        "Адреса возврата витрины нет в списке. Добавьте его: приложение Купи-Купи, «Подключения», «Адреса возврата».",
        "The storefront's return address is not on the list: Kupi-Kupi app, Connections, “Return addresses”.",
    ),
    "payment_in_progress": (
        "Другая оплата этого заказа баллами уже подтверждается: дождитесь её исхода.",
        "Another points payment of the same order is already being confirmed: wait for its outcome.",
    ),
    "declined": (
        "Купи-Купи отказал в переводе, баллы остались у покупателя.",
        "Kupi-Kupi refused the transfer; the points stay with the buyer.",
    ),
    "provider_unavailable": (
        "Сервер Купи-Купи недоступен, запрос не отправлен. Покупатель может попробовать ещё раз.",
        "Kupi-Kupi's server could not be reached; nothing was sent. The buyer may try again.",
    ),
    "start_again": (
        "Форма перевода больше не действует, покупателю нужно начать оплату заново.",
        "The transfer form is no longer valid; the buyer has to start again.",
    ),
    "pending": (
        "Ждём ответа Купи-Купи, приложение спрашивает само.",
        "Waiting for Kupi-Kupi's answer; the app keeps asking.",
    ),
    "open": ("Покупатель вводит код на форме Купи-Купи.", "The buyer is entering the code on Kupi-Kupi's form."),
    "confirmed": ("Баллы переведены продавцу.", "The points moved to the merchant."),
    "rejected": (
        "Перевод отклонён Купи-Купи, баллы остались у покупателя.",
        "Kupi-Kupi rejected the transfer; the points stay with the buyer.",
    ),
    "canceled": (
        "Покупатель не подтвердил перевод вовремя, баллы остались у него.",
        "The buyer did not confirm in time; the points stay with the buyer.",
    ),
    "never_opened": (
        "Купи-Купи так и не получил запрос на перевод, баллы не списаны.",
        "The request never reached Kupi-Kupi; no points were taken.",
    ),
    "cancel_done": (
        "Перевод отменён, баллы остались у покупателя.",
        "The transfer is cancelled; the points stay with the buyer.",
    ),
    "cancel_failed": (
        "Отменить нельзя: баллы уже переведены. Верните их: «Новый возврат» в заказе или кабинет Купи-Купи.",
        "It cannot be cancelled: the points have moved. Return them by “New refund” or in Kupi-Kupi's cabinet.",
    ),
    "cancel_unknown": (
        "Этот перевод нам не известен, отменять нечего.",
        "This transfer is not known to us; there is nothing to cancel.",
    ),
    "charge_final": (
        "Списать нельзя: перевод уже завершён. Баллы переводит только сам покупатель.",
        "It cannot be charged: the transfer is over. Only the buyer can transfer points.",
    ),
    "charge_open": (
        "Списать нельзя: баллы переводит сам покупатель, вводя код на форме Купи-Купи.",
        "It cannot be charged: the buyer transfers the points by entering the code on Kupi-Kupi's form.",
    ),
    "refund_refused": (
        "Возвраты из Saleor выключены. Верните баллы в кабинете Купи-Купи и запишите возврат в приложении Купи-Купи.",
        "Refunds from Saleor are off. Return the points in Kupi-Kupi's cabinet and record that in the Kupi-Kupi app.",
    ),
    "defect": (
        "Ошибка приложения Купи-Купи, подробности в его журнале. Повторите запрос.",
        "An error of the Kupi-Kupi app; the details are in its log. Send the request again.",
    ),
    "unavailable": (
        "База данных приложения Купи-Купи сейчас недоступна. Повторите запрос через минуту.",
        "The Kupi-Kupi app's database is not available now. Send the request again in a minute.",
    ),
    "refund_asked": (
        "Верните баллы в кабинете Купи-Купи и отметьте возврат в приложении Купи-Купи, раздел «Возвраты».",
        "Return the points in Kupi-Kupi's cabinet, then mark the refund in the Kupi-Kupi app under Refunds.",
    ),
    "refund_asked_again": (
        "Этот возврат уже ждёт в приложении Купи-Купи, раздел «Возвраты»: второй не создан, верните баллы один раз.",
        "This refund already waits in the Kupi-Kupi app under Refunds: no second one was made, return the points once.",
    ),
    "refund_not_charged": (
        "Возвращать нечего: баллы по этому платежу не переводились.",
        "There is nothing to return: no points moved for this payment.",
    ),
    "refund_nothing_left": (
        "Возвращать больше нечего: все баллы этого платежа возвращены или ждут возврата.",
        "Nothing is left to return: all points of this payment are returned or wait to be.",
    ),
    "refund_no_amount": (
        "Укажите сумму возврата больше нуля.",
        "Give an amount above zero for the refund.",
    ),
    "refund_too_much": (
        "Сумма больше, чем осталось вернуть с учётом уже сделанных и ожидающих возвратов.",
        "The amount is more than what is left to return after refunds that are made or waiting.",
    ),
    "refund_saleor_silent": (
        "Saleor не ответил приложению, что уже возвращено, поэтому возврат не принят. Повторите запрос через минуту.",
        "Saleor did not tell the app what is refunded already, so the refund was not taken on. Ask again in a minute.",
    ),
    "refund_done": ("Баллы возвращены покупателю.", "The points were returned to the buyer."),
    "refund_impossible": ("Вернуть баллы не удалось:", "The points could not be returned:"),
    "webhooks_outdated": (
        "Вебхуки приложения в Saleor устарели, обновить их не удалось. Переустановите приложение; см. его журнал.",
        "The app's webhooks in Saleor are outdated and could not be updated. Install the app again; its log says more.",
    ),
    "webhooks_off": (
        "Вебхуки приложения в Saleor выключены, оплата баллами не работает. Включите их или переустановите приложение.",
        "Webhooks of the app are switched off in Saleor, so points cannot pay. Switch them on or reinstall the app.",
    ),
    "refunds_offered": (
        "Возврат возможен: «Новый возврат» в заказе.",
        "Refunds are possible: use “New refund” on the order.",
    ),
    "recalculate": (
        "Пересчёт: Saleor показывал не все баллы этого платежа.",
        "Recalculated: Saleor did not show all points of this payment.",
    ),
    "refund_unknown": (
        "Этот платёж приложению не известен. Верните баллы в кабинете Купи-Купи.",
        "The app does not know this payment. Return the points in Kupi-Kupi's cabinet.",
    ),
    "empty_request": (
        "Saleor повторил запрос без содержимого. Отправьте запрос ещё раз.",
        "Saleor repeated the request without its content. Send the request again.",
    ),
}


def language_of(code: str | None) -> str:
    """Chooses the shopper's language from Saleor's language code: Russian for RU and its variants, else English."""
    return "ru" if code is not None and code.upper().replace("-", "_").split("_")[0] == "RU" else "en"


def shopper_text(code: str, language: str) -> str:
    """Says it to the shopper."""
    return _SHOPPER[code][LANGUAGES.index(language)]


def staff_text(code: str, language: str, test: bool = False) -> str:
    """Says it to the shop's staff; `test` marks what happened in the test environment."""
    return ("TEST: " if test else "") + _STAFF[code][LANGUAGES.index(language)]
