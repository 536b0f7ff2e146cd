"""What the shop's staff is told of a problem, in Russian and in English: what happened and what to do."""

from saleor_kupikupi.domain.wording import LANGUAGES

# Numbers stand behind a colon, so that no word has to follow them.
_PROBLEM: dict[str, tuple[str, str]] = {
    "credentials_refused_test": (
        (
            "Купи-Купи отказывает подключению «{name}» в тестовой среде: «{words}». Проверьте ключи: "
            "Подключения → {name} → «Проверить подключение»."
        ),
        (
            "Kupi-Kupi refuses the connection “{name}” in its test environment: “{words}”. Check the keys: "
            "Connections → {name} → “Test connection”."
        ),
    ),
    "credentials_refused_production": (
        (
            "Купи-Купи отказывает подключению «{name}» в боевой среде: «{words}». Проверьте ключи: "
            "Подключения → {name} → «Проверить подключение»."
        ),
        (
            "Kupi-Kupi refuses the connection “{name}” in production: “{words}”. Check the keys: Connections → "
            "{name} → “Test connection”."
        ),
    ),
    "provider_unreachable": (
        (
            "Купи-Купи не отвечает подключению «{name}», минут: {minutes} или больше. Баллами сейчас не оплатить. "
            "Приложение пробует само; если так и останется, напишите в поддержку Купи-Купи."
        ),
        (
            "Kupi-Kupi does not answer the connection “{name}”, minutes: {minutes} or more. Nobody can pay with points "
            "now. The app keeps trying; if it stays so, write to Kupi-Kupi's support."
        ),
    ),
    "reports_suspended": (
        (
            "Saleor не принимает сообщения приложения об оплатах: «{words}». Проверьте, что приложение включено "
            "(Расширения) и что у него есть право «Обработка платежей»."
        ),
        (
            "Saleor does not take the app's reports of payments: “{words}”. Make sure that the app is active "
            "(Extensions) and has the permission “Handle payments”."
        ),
    ),
    "reports_dead": (
        (
            "Saleor отверг сообщения об оплатах, всего: {count}. Откройте приложение → Переводы → «С проблемами», "
            "посмотрите причину и отправьте снова."
        ),
        (
            "Saleor refused reports of payments, in all: {count}. Open the app → Transfers → Trouble, see why and send "
            "them again."
        ),
    ),
    "reports_owed": (
        (
            "Saleor больше часа не получает сообщения об оплатах: оплаченные заказы выглядят неоплаченными. Приложение "
            "пробует само. Откройте приложение → Переводы."
        ),
        (
            "For more than an hour Saleor has not got reports of payments: paid orders look unpaid. The app keeps "
            "trying. Open the app → Transfers."
        ),
    ),
    "charge_lost": (
        (
            "Баллы списаны, а Saleor не показывает оплату: перевод {reference}. Откройте приложение → Переводы, "
            "найдите его и нажмите «Проверить сейчас». Если не поможет, примите оплату в Saleor вручную."
        ),
        (
            "Points were taken and Saleor does not show the payment: transfer {reference}. Open the app → Transfers, "
            "find it and press “Check now”. If that does not help, mark it as paid in Saleor."
        ),
    ),
    "charge_lost_of_order": (
        (
            "Баллы списаны, а Saleor не показывает оплату заказа № {order}. Откройте приложение → Переводы, найдите "
            "заказ и нажмите «Проверить сейчас». Если не поможет, примите оплату в Saleor вручную."
        ),
        (
            "Points were taken and Saleor does not show the payment of order no. {order}. Open the app → Transfers, "
            "find the order and press “Check now”. If that does not help, mark it as paid in Saleor."
        ),
    ),
    "double_withdrawn": (
        (
            "Возможна двойная оплата: перевод {reference} прошёл, хотя был отменён или заменён новым. Откройте "
            "приложение → Переводы, найдите его; если заказ оплачен дважды, верните баллы."
        ),
        (
            "Possibly paid twice: the transfer {reference} went through although it was cancelled or replaced by "
            "a newer one. Open the app → Transfers and find it; if the order is paid twice, return the points."
        ),
    ),
    "double_twice": (
        (
            "Заказ оплачен баллами дважды: перевод {reference} лишний. Откройте приложение → Переводы, найдите его и "
            "верните баллы."
        ),
        (
            "An order was paid with points twice: the transfer {reference} is one too many. Open the app → "
            "Transfers, find it and return the points."
        ),
    ),
    "stale_transfers": (
        (
            "Переводы, о которых Купи-Купи не сказал ничего за 30 дней, всего: {count}. Откройте приложение → "
            "Переводы → «С проблемами» и спросите ещё раз."
        ),
        (
            "Transfers that Kupi-Kupi has said nothing final about in 30 days, in all: {count}. Open the app → "
            "Transfers → Trouble and ask once more."
        ),
    ),
    "codes_closed": (
        (
            "Неверных кодов за час у подключения «{name}»: {count} или больше. Возможно, коды подбирают. До часа "
            "приложение не принимает коды в магазине: покупатели вводят их на странице Купи-Купи. Если повторится, "
            "отключите приём кодов и напишите разработчику магазина."
        ),
        (
            "Wrong codes within an hour at the connection “{name}”: {count} or more. Somebody may be guessing. For up "
            "to an hour the app takes no codes in the shop: buyers enter them on Kupi-Kupi's page. If it comes again, "
            "stop taking codes in the shop and write to its developer."
        ),
    ),
    "refunds_waiting": (
        "Возвраты ждут вас, всего: {count}. Верните баллы в кабинете Купи-Купи и отметьте это: приложение → Возвраты.",
        (
            "Refunds wait for you, in all: {count}. Return the points in Kupi-Kupi's cabinet and mark it: the app → "
            "Refunds."
        ),
    ),
}


def problem_text(code: str, language: str, **values: object) -> str:
    """Says to the shop's staff what is wrong and what to do about it."""
    return _PROBLEM[code][LANGUAGES.index(language)].format_map(values)
