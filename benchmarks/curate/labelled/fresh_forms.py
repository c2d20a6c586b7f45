# ruff: noqa: E501 (a form stands on one line, however long)
"""Forms, blocks of requisites, letters with signatures and English texts of the fresh set.

Here: templates of several lines, long letters, and those in Latin letters; slots as in fresh_shapes. Not here: chats, texts without
personal data.
"""

from __future__ import annotations

FORMS = (
    "ФИО: {fio:n}\nТел: {phone}\nДата рождения: {birth}\nАдрес: {addr}\nСуть обращения: не начислены бонусы",
    "Фамилия: {f:n}\nИмя: {i:n}\nОтчество: {o:n}\nE-mail: {mail}\nГород: {city:n}",
    "Заявка на возврат\nЗаказ: {order}\nПолучатель: {fio:n}\nСчёт: {acc}\nБИК: 044525{n3}\nК/с: {acc:bank}\nСумма: {price}",
    "Реквизиты:\n{org}\nИНН {inn:firm} КПП 770{n3}001\nР/с {acc:firm}\nк/с {acc:bank}\nБИК 044525{n3}\nГенеральный директор {ini:n}",
    "ИП {fio:n}\nИНН: {inn}\nр/с: {acc}\nтел.: {phone}\nпочта: {mail}",
    "Добрый день!\nПрошу выслать акт сверки за {year} год.\n\nС уважением,\n{fio:n}\nглавный бухгалтер {org}\nт. {phone:city}\n{mail}",
    "Здравствуйте.\nСчёт не оплачивается, ошибка 502.\n--\n{if:n}\n{phone}\n{nick}",
    "-------- Пересланное сообщение --------\nОт: {if:n} <{mail}>\nДата: {date}, {time}\nКому: {if2:n} <{mail}>\nТема: Re: договор {contract}\n\nДобавьте, пожалуйста, второго водителя.",
    "> {date}, {time}, {fi:n} <{mail}> писал{v:_а}:\n> когда вернут деньги?\nДеньги ушли {date}, проверьте карту.",
    "Паспорт: {passport}\nВыдан: УМВД России, {date}\nЗарегистрирован{v:_а}: {addr}\nФИО {fio:n}",
    "Данные для пропуска:\n1) {fio:n}, паспорт {passport}\n2) {fio2:n}, паспорт {passport}\nавто {plate}",
    "Пассажиры:\n{fi:n}, {birth}\n{fi2:n}, {birth}\nКод брони {booking}\nТелефон для связи {phone}",
    "Заявление\nЯ, {fio:n}, паспорт серия и номер {passport}, проживающ{v:ий_ая} по адресу: {addr}, прошу расторгнуть договор № {contract}.\n{date}\n{ini:n}",
    "Доверенность\nЯ, {fio:n}, доверяю {fio2:d} получить отправление {track}.\nСрок до {date}",
    "Карточка клиента\nКлиент: {fio:n}\nЛС: {acc:home}\nТариф: {tarif}\nКонтакт: {phone}",
    "Жалоба\nОт кого: {fio:g}\nАдрес: {addr}\nНа кого: мастер участка {ini2:n}\nСуть: не убирают подъезд",
    "Студент: {fio:n}\nКурс: «{course}»\nПочта: {mail}\nТелеграм: {nick}\nВопрос: как скачать сертификат?",
    "Договор ОСАГО {policy}\nСтрахователь {fio:n}\nГосномер {plate}\nСобственник {fio2:n}",
    "пациент {fio:n}\nснилс {snils}\nтел {phone}\nк кому: {ini2:n}\nкогда: {date} {time}",
    "ФИО ребёнка: {fio2:n}\nФИО родителя: {fio:n}\nСНИЛС ребёнка: {snils}\nТелефон: {phone}",
    "Заказ № {order}\nТовар: {device}, арт. {sku}\nЦена {price}\nПокупатель: {fi:n}, {phone}\nДоставка: {addr}",
    "Кому: {io:d}\nОт: {io2:g}\nПросим ускорить рассмотрение по ЛС {acc:home}",
    "Здравствуйте, {io:n}!\n\nНаправляю документы во вложении.\n\nС наилучшими пожеланиями,\n{if2:n}, отдел снабжения\nмоб. {phone}\nгор. {phone:city}",
    "Прошу вернуть {price}.\nКарта: {card}\nВладелец: {if:n}\nТелефон: {phone}",
    "Чек {date} {time}\nКассир {ini:n}\nИтого {price}\nКарта клиента {card}",
    "1. {fi:n} — {phone}\n2. {fi2:n} — {phone}\nПодключите обоих к корпоративному тарифу",
    "Собственники:\n- {fio:n}, доля 1/2\n- {fio2:n}, доля 1/2\nПомещение: {addr}",
    "Имя: {i:n}\nТелефон: {phone}\nКомментарий: перезвоните после {time}",
    "контактное лицо — {i:n}\nтел. {phone}, доб. {n}\nадрес склада {addr}",
    "Номер договора | {contract}\nАбонент | {ini:n}\nАдрес | {addr:street}\nОшибка | {ver}",
    "Отправитель;Получатель;Трек\n{ini:n};{ini2:n};{track}",
    "Добрый день.\nУважаем{v:ый_ая} {io:n}, сообщаем реквизиты для оплаты:\nсчёт {acc:firm}\nИНН {inn:firm}\nназначение: договор {contract}",
    "Оператор: Слушаю вас.\nКлиент: Здравствуйте, {fi:n}, хочу узнать про заказ {order}.\nОператор: {i:n}, минуту.",
    "Клиент: у меня карта {card} не проходит\nОператор: на чьё имя карта?\nКлиент: на {if:a}",
    "[{time:early}] {i:n}: есть кто живой?\n[13:07] Поддержка: {i:n}, здравствуйте! Чем помочь?\n[{time:late}] {i:n}: смените почту на {mail}",
    "{fio:n}, {birth} г.р.\n{passport}\n{snils}\n{inn}\n{addr}",
    "анкета\nфио {fio:n}\nинн {inn}\nснилс {snils}\nсчёт {acc}",
    "Владелец ТС: {fio:n}\nг/н {plate}\nтелефон: {phone}\nпричина: эвакуация",
    "Акт № 14 от {date}\nСоставлен в присутствии {ini:g} и {ini2:g}\nпо адресу {addr}",
    "Тема: не приходит код\nМой номер: {phone}\nМодель: {gadget}\nПодпись: {dim:n}",
    "Просьба связаться:\n{io:n} (бухгалтерия) {mail}\n{io2:n} (склад) {phone}",
    "Уч. запись: {mail}\nНик: {nick}\nИмя в профиле: {if:n}\nПроблема: двойное списание {price}",
)

LETTERS = (
    "Здравствуйте!\n\nТретий раз пишу по поводу заказа {order}. Сначала курьер {i2:n} не наш{v2:ёл_ла} дом, потом в пункте сказали, что посылка уехала обратно. Живу по адресу {addr}, таблички с номером висят с {year} года.\n\nПрошу либо доставить до {date}, либо вернуть {price} на карту {card}.\n\n{fio:n}\n{phone}",
    "xf|Добрый день. {date} в отделении на {addr:at} сотрудница (на бейдже {io2:n}) отказалась принять заявление о закрытии вклада. Ссылалась на {law}. Счёт {acc}, остаток {price}, прошу разобраться и ответить письменно на {mail}. {fio:n}",
    "Коллеги, приветствую.\nНаш сервер недоступен с {time:early}, версия панели {ver}, в логах код {errcode}. Договор {contract}, плательщик {org}, ИНН {inn:firm}. Дежурный инженер {if:n}, {phone}, в телеграме {nick}.\nЗа простой вычтем {pct} из счёта.",
    "fm|Уважаемая администрация школы! Мой сын {fi2:n} с {date} не может войти в электронный журнал, хотя у одноклассников всё открывается. Пробовали с {gadget} и с ноутбука. Учительница {io:n} отправила к вам. Моя почта {mail}, телефон {phone}.",
    "xf|Пишу от имени жильцов дома по адресу {addr}. С {date} нет отопления, в квартирах +{n}. Диспетчер {i:n} бросил{v:_а} трубку. Старшая по дому {io2:n} собрала {n3} подписей. Если до {date} ничего не изменится, обратимся в жилинспекцию по {law}.",
    "Здравствуйте, заболел ребёнок, поэтому отменяем поездку в {city:a}. Бронь {booking}, летели {fi:n} и {fi2:n}. Справку из поликлиники отправили с {mail}. По правилам тарифа «{tarif}» положен возврат. Деньги просим перечислить на {acc}.",
    "Добрый вечер! Оформлял{v:_а} полис {policy} на машину {plate}, а в документе чужое отчество: вместо {o:g} стоит {o2:n}. Инспектор сказал, что с такой опечаткой выплаты не будет. Когда пришлёте исправленный? {if:n}",
    "Претензия\n\nМною, {fio:i}, {date} куплен холодильник {fridge} за {price}. Через {n} дней он перестал морозить. Мастер {f2:n} подтвердил{v2:_а} заводской брак.\nТребую вернуть деньги на основании {law}.\nРеквизиты: счёт {acc}, БИК 044525{n3}, ИНН {inn}.\nАдрес для ответа: {addr}\n\nДата: {date}\nПодпись: {ini:n}",
    "xm|Доброго времени суток. У меня два вопроса. Первый: почему кешбэк за {month} пришёл не полностью, {price:small} вместо обещанных {pct}? Второй: можно ли выпустить дополнительную карту для мужа? Его зовут {iof2:n}, паспорт {passport}, телефон {phone}.",
    "xm|Приём у вас был записан на {io2:a}, моего отца, на {time:early}. Приехали из {city:g}, а врача {ini:g} нет, заменить некем. СНИЛС отца {snils}. Перезапишите и предупредите заранее по {phone}.",
    "Курьерская служба, добрый день! По накладной {track} получатель {io:n} отказывается платить {price}, говорит, что {i2:n} уже всё оплатил{v2:_а}. Машина {plate} стоит под окнами {n} минут. Что делать? Водитель",
    "Hello team,\n\nI moved to a new flat, please update my records: {address_en}. My old phone no longer works, the new one is {phone:english}. The contract number is {contract}, and the monthly fee should stay {euro}.\n\nThanks,\n{latin}",
)

ENGLISH = (
    "Hi, my name is {latin}, I never received order {order}. My phone is {phone:english}.",
    "Hello, this is {latin}. Please change my e-mail from {mail} to {mail}.",
    "Dear support, my card {card} was charged {euro} twice.\n\nKind regards,\n{latin}\n{phone:english}",
    "Booking {booking}, passenger {latin}. Can I add a bag?",
    "Where is my parcel? Tracking number {track}, it has been stuck in customs since {month_en}.",
    "Please ship to {address_en}. Recipient: {latin}, {phone:english}",
    "I talked to your agent {latin} yesterday and got no answer. Order #{order}",
    "My Telegram is {nick}, ping me when the server is up.",
    "Hi {latin_first}, thanks for reaching out! Your refund for order {order} is on its way.",
    "Name: {latin}\nEmail: {mail}\nPhone: {phone:english}\nIssue: cannot log in",
    "{latin} will pick up the package instead of me, is an ID enough?",
    "Hi! I live at {address_en} and my invoice shows someone else's address.",
    "Best,\n{latin}\nHead of Procurement\n{mail}",
    "My wife {latin} booked a room under {booking}, we need a crib.",
    "Hello, меня зовут {fi:n}, order {order}, where is it?",
)
