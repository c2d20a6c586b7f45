"""The names, places and near-name words of the fresh set, and how its names are declined.

Here: lists and hand-made rules of declension. Written and frozen before anybody measures with it; a change here needs a
new `fresh.jsonl`. Not here: templates (fresh_shapes, fresh_forms, fresh_misses), numbers with a format (fresh_numbers).
"""

from __future__ import annotations

CASES = "ngdaip"  # nominative, genitive, dative, accusative, instrumental, prepositional


def words_of(text: str) -> tuple[str, ...]:
    """The words of a list."""
    return tuple(text.split())


def parts_of(text: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(text.split(","))


# Tatar and Bashkir, Central Asian, Caucasian, Buryat and Kalmyk, Russian; Polish, Ukrainian; German, Jewish; Korean,
# Armenian, Moldovan, Baltic; Ukrainian again; Georgian, Greek, Romanian; those that never change.
SURNAMES = words_of(
    "Гайфуллин Шаймарданов Хабибуллин Мухаметзянов Сафиуллин Валиахметов Ишмухаметов Кашапов Нигматуллин Зарипов "
    "Галимзянов Фаттахов Миннегулов Искандаров Тимербулатов Юлдашев Турсунов Рахматов Абдуллоев Холматов Эргашев "
    "Ниязов Бердыев Атаев Оразов Нурпеисов Сулейменов Жумабаев Бекмамбетов Осмонов Токтогулов Сыдыков Мирзоев "
    "Шарипов Джураев Кенжебаев Досмухамедов Байрамов Гусейнов Магомедов Гаджиев Абакаров Курбанов Хасбулатов "
    "Евлоев Аушев Мальсагов Дзагоев Кокоев Бесолов Тотров Шогенов Кажаров Джанибеков Эльмурзаев Цаголов "
    "Кантемиров Дамдинов Бадмаев Цыренов Очиров Манджиев Хонгоров Аммосов Слепцов Дондуков Актуганов Сандалов "
    "Перфильев Сапожников Пономарёв Бурлаков Полуэктов Евдокимов Троекуров Стрельников Щукин Пташкин Вешняков "
    "Лопатин Скобелев Журавлёв Грачёв Мещеряков Чуйков Растопчин Елагин Шкуратов Лапшин Калашников Овсянников "
    "Третьяков Бычков Ракитин Мартынов Седов Ладыгин Чижов Кочетов Вишневецкий Ольшанский Заболоцкий Радзиевский "
    "Яворский Терлецкий Красницкий Лещинский Вольский Корсунский Береговой Яровой Луговой Чёрный Гладкий "
    "Острожский Белоцерковский Шульц Вайсберг Рабинович Кацман Гольдштейн Фридман Розенблюм Эпштейн Штейнберг "
    "Лифшиц Миллер Шнайдер Келлер Бауэр Кляйн Функ Эйхман Дикман Гинзбург Зильберман Ким Пак Цой Хван Хегай Нам "
    "Юн Тян Арутюнян Мкртчян Саркисян Погосян Оганесян Бабаджанян Мунтян Чебан Станкевич Лукашевич Янкевич "
    "Йованович Озолс Каспер Ковальчук Ткачук Мельничук Гринюк Захарчук Павлюк Стецюк Коваль Гайдай Онищенко "
    "Гриценко Вакуленко Бойко Дудко Сторожко Шульга Кочерга Дзюба Гулыга Майборода Скиба Кравец Швец Соловей "
    "Воробей Кварацхелия Данелия Джугели Ломидзе Гелашвили Чхеидзе Кикнадзе Агрба Кириакиди Георгиади Русу "
    "Ротару Черемных Долгих Кузьминых Седых Дурново Окуджава Перро Нгуен "
    "Тер-Оганесян Кара-Мурза Лебедев-Ланской Сухово-Кобылин Иванов-Яковенко"
)

MALE = words_of(
    "Аркадий Валерий Вячеслав Геннадий Герман Глеб Григорий Данила Денис Дмитрий Егор Захар Игнат Илья Кирилл "
    "Лев Леонид Макар Матвей Никита Олег Павел Пётр Прохор Родион Савелий Святослав Семён Станислав Степан Тарас "
    "Фёдор Филипп Эдуард Юрий Ярослав Ринат Ильдар Айдар Фарид Марат Рустам Бахтиёр Шерзод Фаррух Азамат Нурлан "
    "Ерлан Тимур Арсен Гагик Ашот Тигран Заур Мурад Шамиль Ахмед Рашад Эльчин Гиви Вахтанг Зураб Баир Саян Айсен "
    "Богдан Остап Казимир Ян Генрих Борух Давид Соломон Рубен Сослан"
)
FEMALE = words_of(
    "Алевтина Алла Антонина Валентина Варвара Василиса Вера Галина Диана Евгения Екатерина Жанна Зинаида Зоя "
    "Инна Ирина Капитолина Карина Клавдия Кристина Лариса Лидия Любовь Людмила Майя Маргарита Марина Милана "
    "Надежда Наталья Нина Оксана Ольга Полина Раиса Регина Римма Роза Светлана София Тамара Татьяна Ульяна "
    "Эльвира Юлия Яна Гульнара Алсу Айгуль Гузель Лейсан Зульфия Динара Мадина Патимат Заира Фатима Шахноза "
    "Дилором Нигора Айжан Гулназ Мээрим Асмик Ануш Нарине Нана Тинатин Этери Севиндж Сарюна Туяра Оэлун Ядвига "
    "Берта Сара Ривка Мин"
)
FATHERS = tuple(  # masculine and feminine patronymics
    tuple(pair.split("/"))
    for pair in words_of(
        "Аркадьевич/Аркадьевна Валерьевич/Валерьевна Вячеславович/Вячеславовна Геннадьевич/Геннадьевна "
        "Григорьевич/Григорьевна Ильич/Ильинична Кириллович/Кирилловна Леонидович/Леонидовна Львович/Львовна "
        "Никитич/Никитична Олегович/Олеговна Павлович/Павловна Петрович/Петровна Родионович/Родионовна "
        "Семёнович/Семёновна Степанович/Степановна Тарасович/Тарасовна Фёдорович/Фёдоровна Эдуардович/Эдуардовна "
        "Юрьевич/Юрьевна Ринатович/Ринатовна Фаридович/Фаридовна Маратович/Маратовна Рустамович/Рустамовна "
        "Шамильевич/Шамильевна Ахмедович/Ахмедовна Магомедович/Магомедовна Вахтангович/Вахтанговна Ашотович/Ашотовна "
        "Гагикович/Гагиковна Баирович/Баировна Генрихович/Генриховна Соломонович/Соломоновна Яковлевич/Яковлевна "
        "Наумович/Наумовна Казимирович/Казимировна Бахтиёрович/Бахтиёровна Нурланович/Нурлановна "
        "Ильдусович/Ильдусовна Габдулхакович/Габдулхаковна Цыденович/Цыденовна Саввич/Саввична Лукич/Лукинична"
    )
)
SHORT_MALE = words_of(
    "Серёжа Лёша Витя Костик Стас Гоша Гена Толик Рома Даня Миша Паша Шурик Вадик Гриша Саня Федя Боря Тимоха"
)
SHORT_FEMALE = words_of(
    "Таня Люда Света Галя Ниночка Оленька Катюша Ксюша Лиза Маша Даша Настя Иришка Алёнка Танюша Гуля Леночка "
    "Наташа Валюша Тонечка"
)
WHOLE_MALE = parts_of(
    "Мамедов Рашад Эльдар оглы,Гулиев Турал Намик оглы,Юсупов Жасур Бахром угли,Чан Ван Тханг,Ли Вэй,"
    "Мохаммад Реза Хосейни"
)
WHOLE_FEMALE = parts_of("Алиева Севда Мирза кызы,Нгуен Тхи Хоа,Собирова Мафтуна Анвар кизи,Хван Мин Джи,Чжан Сяолин")
LATIN_PEOPLE = parts_of(
    "Dmitry Sapozhnikov,Gulnara Zaripova,Oliver Whitcombe,Priya Raghunathan,Anastasia Yavorskaya,Tigran Pogosyan,"
    "Siobhan Kerrigan,Marek Dvořák,Hannah Lindqvist,Yusuf Demirel,Ravshan Kholmatov,Chloe Abernathy,"
    "Nguyen Thi Lan,Lars Petersen,Aigul Nurpeisova,Giorgi Lomidze,Fatima El Amrani,Duncan MacLeish,"
    "Ekaterina Funk,Viktor Stetsyuk,Rosa Castellano,Tomasz Wieczorek,Leah Ginzburg,Jin-ho Park,"
    "Oksana Onyshchenko,Bruno Falcão"
)

_FLEETING = {  # stem for all cases but the nominative
    "Кравец": "Кравц",
    "Швец": "Швец",
    "Павел": "Павл",
    "Пётр": "Петр",
    "Лев": "Льв",
}
_SOFT = {"Соловей": "Соловь", "Воробей": "Воробь"}
_WITH_IRREGULAR = {"Лев": "Львом", "Кравец": "Кравцом", "Швец": "Швецом", "Соловей": "Соловьём", "Воробей": "Воробьём"}
_RUSSIAN = ("ов", "ев", "ёв", "ин", "ын")
_FIXED_FIRST = {"Тер", "Кара"}
_NO_RUSSIAN = {"Мин", "Юн"}
_UNBENDING = tuple("оеиуэюы")


def surname(base: str, is_female: bool, case: str) -> str:
    """A surname, given as the masculine nominative, in the case that stands first in CASES."""
    place = CASES.index(case)
    if "-" in base:
        first, second = base.split("-")
        bent = first if first in _FIXED_FIRST else surname(first, is_female, case)
        return f"{bent}-{surname(second, is_female, case)}"
    if base.endswith(_RUSSIAN) and base not in _NO_RUSSIAN:
        return base + (("а", "ой", "ой", "у", "ой", "ой") if is_female else ("", "а", "у", "а", "ым", "е"))[place]
    if base.endswith(("кий", "ой", "ый")) and len(base) > 4:
        hard = base[:-2]
        if is_female:
            return hard + ("ая", "ой", "ой", "ую", "ой", "ой")[place]
        soft = "им" if hard[-1] in "кгхшжчщ" else "ым"
        return (base, hard + "ого", hard + "ому", hard + "ого", hard + soft, hard + "ом")[place]
    if base.endswith(("ых", "их", "Перро", *_UNBENDING)) or (is_female and not base.endswith(("а", "я"))):
        return base
    return masculine(base, case) if not base.endswith(("а", "я")) else _ending_in_a(base, place)


def given(name: str, is_female: bool, case: str) -> str:
    """A given name or a diminutive in a case."""
    place = CASES.index(case)
    if name.endswith(_UNBENDING):
        return name
    if name.endswith(("а", "я")):
        return _ending_in_a(name, place)
    if not is_female:
        return masculine(name, case)
    if name.endswith("ь"):
        stem = name[:-1]
        return stem + ("ь", "и", "и", "ь", "ью", "и")[place]
    return name


def patronymic(father: tuple[str, ...], is_female: bool, case: str) -> str:
    """A patronymic of (masculine, feminine) in a case."""
    place = CASES.index(case)
    if is_female:
        return father[1][:-1] + ("а", "ы", "е", "у", "ой", "е")[place]
    with_whom = "ом" if father[0] in {"Ильич", "Лукич"} else "ем"
    return father[0] + ("", "а", "у", "а", with_whom, "е")[place]


def masculine(name: str, case: str) -> str:
    """A masculine name that ends in a consonant, й or ь."""
    place = CASES.index(case)
    if place == 0:
        return name
    if place == 4 and name in _WITH_IRREGULAR:
        return _WITH_IRREGULAR[name]
    if name in _SOFT:
        return _SOFT[name] + ("", "я", "ю", "я", "ём", "е")[place]
    if name.endswith(("й", "ь")):
        where = "и" if name.endswith("ий") else "е"
        return name[:-1] + ("", "я", "ю", "я", "ем", where)[place]
    stem = _FLEETING.get(name, name)
    with_whom = "ем" if stem.endswith(("ц", "ч", "ш", "щ", "ж")) else "ом"
    return stem + ("", "а", "у", "а", with_whom, "е")[place]


def _ending_in_a(name: str, place: int) -> str:
    stem, last = name[:-1], name[-1]
    if name == "Илья":
        return stem + ("я", "и", "е", "ю", "ёй", "е")[place]
    if last == "я":
        if stem.endswith("и"):
            return stem + ("я", "и", "и", "ю", "ей", "и")[place]
        return stem + ("я", "и", "е", "ю", "ей", "е")[place]
    of_whom = "и" if stem.endswith(tuple("кгхжшчщ")) else "ы"
    with_whom = "ей" if stem.endswith(tuple("жшчщц")) else "ой"
    return stem + ("а", of_whom, "е", "у", with_whom, "е")[place]


CITIES = tuple(  # nominative, genitive, prepositional
    tuple(row.split("/"))
    for row in words_of(
        "Ижевск/Ижевска/Ижевске Вологда/Вологды/Вологде Сургут/Сургута/Сургуте Элиста/Элисты/Элисте "
        "Махачкала/Махачкалы/Махачкале Тольятти/Тольятти/Тольятти Чита/Читы/Чите Ухта/Ухты/Ухте "
        "Краснодар/Краснодара/Краснодаре Пенза/Пензы/Пензе Бийск/Бийска/Бийске Владимир/Владимира/Владимире "
        "Клин/Клина/Клину Кириши/Киришей/Киришах Мурманск/Мурманска/Мурманске Уфа/Уфы/Уфе Нальчик/Нальчика/Нальчике "
        "Альметьевск/Альметьевска/Альметьевске Петрозаводск/Петрозаводска/Петрозаводске Орёл/Орла/Орле "
        "Кемерово/Кемерово/Кемерово Рубцовск/Рубцовска/Рубцовске"
    )
)
STREETS = parts_of(
    "Заречная,Садовая,Комсомольская,Космонавтов,Карла Маркса,Маршала Жукова,Чехова,Лермонтова,Габдуллы Тукая,"
    "Розы Люксембург,8 Марта,Некрасова,Мира,Кирпичная,Полевая,Зои Космодемьянской,Фрунзе,Красноармейская,"
    "Инструментальная,Генерала Карбышева,Расула Гамзатова,40 лет Октября,Малая Грузинская,Вторая Песчаная,"
    "Академика Королёва,Щорса,Лесная,Ивана Франко,Пионерская,Серова"
)
LANES = parts_of(
    "пр-т Победы,пр. Строителей,проспект Ямашева,пер. Банный,переулок Тихий,б-р Космический,наб. Канавинская,"
    "ш. Загородное,проезд Шокальского,мкр. Солнечный,тупик Речной,пл. Революции"
)
STREETS_AT = parts_of(
    "Заречной,Садовой,Комсомольской,Космонавтов,Чехова,Лермонтова,Некрасова,Мира,Полевой,Фрунзе,Щорса,Лесной,"
    "Пионерской,Карла Маркса,Маршала Жукова,Габдуллы Тукая"
)

BRANDS = parts_of(
    "Яндекс Маркет,Вайлдберриз,Леруа Мерлен,Додо Пицца,Самокат,Снежная Королева,Юлмарт,М.Видео,Перекрёсток,ВкусВилл"
)
FILMS = parts_of(
    "«Анна Каренина»,«Доктор Живаго»,«Иван Васильевич меняет профессию»,«Майор Гром»,«Мастер и Маргарита»,"
    "«Тарас Бульба»,«Евгений Онегин»,«Алёша Попович и Тугарин Змей»"
)
ASSISTANTS = ["Алиса", "Маруся", "Алекса", "Сири"]
DEVICES = parts_of(
    "Samsung Galaxy A54,Redmi Note 12,iPhone 13 mini,Tecno Spark 20,Xiaomi Mi TV 4S,Keenetic Hopper,"
    "TP-Link Archer C6,Bosch WLG20260OE,LG F2J3NS0W,Haier HRF-541DM7RU"
)
ORGANISATIONS = parts_of(
    "ООО «Ромашка-Сервис»,АО «ТехноИмпульс»,ПАО «Северный берег»,ООО «Вектор-М»,ООО «Стройгарант»,АО «Лидер-Авто»"
)
