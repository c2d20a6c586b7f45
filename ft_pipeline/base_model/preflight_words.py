"""What the preflight says, in Russian and in English.

Here: one sentence per finding (`name.key`) and one on what to do (`name.key.do`). Not here: looking (preflight).
"""

from __future__ import annotations

from typing import Any, Literal

# key: (Russian, English)
_TEXTS: dict[str, tuple[str, str]] = {
    "python.title": ("Python", "Python"),
    "python.is": ("{found}", "{found}"),
    "python.is.do": ("установите Python 3.11 или новее", "install Python 3.11 or newer"),
    "torch.title": ("PyTorch", "PyTorch"),
    "torch.is": ("{found}", "{found}"),
    "torch.missing": ("не установлен", "not installed"),
    "torch.missing.do": ("выполните `make setup`", "run `make setup`"),
    "torch.cpu_build": ("{found}: сборка без GPU, а видеокарта есть", "{found}: a build without GPU, on a GPU machine"),
    "torch.cpu_build.do": (
        "выполните `make setup` ещё раз на этой машине: он поставит сборку с CUDA",
        "run `make setup` again on this machine: it installs the CUDA build",
    ),
    "libraries.title": ("Библиотеки", "Libraries"),
    "libraries.are": ("{found}", "{found}"),
    "libraries.missing": ("нет: {missing}", "missing: {missing}"),
    "libraries.missing.do": ("выполните `make setup`", "run `make setup`"),
    "gpu.title": ("Видеокарта", "GPU"),
    "gpu.none": (
        "нет: обучение идёт на процессоре, это подходит для моделей примерно до 50 млн параметров",
        "none: training runs on the CPU, which suits models up to some 50 M parameters",
    ),
    "gpu.driver": ("NVIDIA, карт: {cards}; {driver}", "NVIDIA, cards: {cards}; {driver}"),
    "gpu.driver.do": ("драйвер не видит карту: проверьте `nvidia-smi`", "the driver sees no card: check `nvidia-smi`"),
    "cuda.title": ("CUDA", "CUDA"),
    "cuda.is": ("{found}", "{found}"),
    "cuda.unavailable": (
        "драйвер есть, но PyTorch (CUDA {version}) видеокарту не видит",
        "there is a driver, but PyTorch (CUDA {version}) sees no GPU",
    ),
    "cuda.unavailable.do": (
        "обновите драйвер до версии, нужной этой CUDA; в контейнере запустите его с доступом к GPU",
        "update the driver to what this CUDA needs; in a container, start it with access to the GPU",
    ),
    "four_bits.title": ("4-битные веса (QLoRA)", "4-bit weights (QLoRA)"),
    "four_bits.works": (
        "bitsandbytes {version} умножает на {device}; отличие от полной точности {error} %",
        "bitsandbytes {version} multiplies on {device}; {error} % off full precision",
    ),
    "four_bits.fails": ("не работают: {problem}", "do not work: {problem}"),
    "four_bits.fails.do": (
        "QLoRA не будет; переустановите bitsandbytes под вашу CUDA или задайте training.method: lora",
        "there will be no QLoRA; reinstall bitsandbytes for your CUDA, or set training.method: lora",
    ),
    "vram.title": ("Память видеокарты", "GPU memory"),
    "vram.is": (
        "свободно {free} из {total} ГиБ, в задаче {need} ГиБ",
        "{free} of {total} GiB free, {need} GiB budgeted",
    ),
    "vram.is.do": (
        "освободите карту или уменьшите base_model.memory_gib (сейчас {need})",
        "free the card, or lower base_model.memory_gib (now {need})",
    ),
    "memory.title": ("Оперативная память", "Memory"),
    "memory.is": (
        "свободно {free} из {total} ГиБ, в задаче {need} ГиБ",
        "{free} of {total} GiB available, {need} GiB budgeted",
    ),
    "memory.is.do": (
        "закройте другие программы или уменьшите base_model.memory_gib (сейчас {need})",
        "close other programs, or lower base_model.memory_gib (now {need})",
    ),
    "memory.beside_gpu": ("свободно {free} ГиБ", "{free} GiB available"),
    "disk.title": ("Диск", "Disk"),
    "disk.is": ("свободно {free} ГиБ у {store}, нужно {need} ГиБ", "{free} GiB free at {store}, {need} GiB needed"),
    "disk.is.do": (
        "освободите место или перенесите `store` в task.yaml",
        "free some space, or move `store` in task.yaml",
    ),
    "store.title": ("Хранилище", "Store"),
    "store.open": ("{place}: запись разрешена", "{place} can be written"),
    "store.closed": ("{place}: {error}", "{place}: {error}"),
    "store.closed.do": (
        "дайте право записи или перенесите `store` в task.yaml",
        "give write access, or move `store` in task.yaml",
    ),
    "base_model.title": ("Базовая модель", "Base model"),
    "base_model.here": ("{name}: на месте, шаблон диалога работает", "{name}: here, its chat template works"),
    "base_model.download": (
        "{name}: ещё не скачана, хаб отвечает: скачается при первом запуске",
        "{name}: not here yet, the hub answers: it will be downloaded at the first run",
    ),
    "base_model.gated": (
        "{name}: ещё не скачана, автор даёт доступ по запросу, а HF_TOKEN не задан",
        "{name}: not here yet, its author gives access on request, and HF_TOKEN is not set",
    ),
    "base_model.gated.do": (
        "примите лицензию на странице модели и задайте HF_TOKEN в окружении",
        "accept the licence on the model's page and set HF_TOKEN in the environment",
    ),
    "base_model.unreachable": (
        "{name}: ещё не скачана, а сети до хаба нет ({why})",
        "{name}: not here yet, and there is no network to the hub ({why})",
    ),
    "base_model.unreachable.do": (
        "подключитесь один раз, чтобы скачать, или укажите локальную папку в `path`; закрытой модели нужен HF_TOKEN",
        "connect once to download it, or give a local folder as `path`; a gated model needs HF_TOKEN",
    ),
    "base_model.unusable": ("{name}: {error}", "{name}: {error}"),
    "base_model.unusable.do": (
        "исправьте base_model.candidates в task.yaml; встроенную модель пересоберёт `make base-model`",
        "correct base_model.candidates in task.yaml; the embedded model is rebuilt by `make base-model`",
    ),
    "port.title": ("Порт шлюза", "Gateway port"),
    "port.free": ("{place} свободен", "{place} is free"),
    "port.taken": ("{place}: {error}", "{place}: {error}"),
    "port.taken.do": (
        "если это не шлюз этой же задачи, выберите другой deployment.port в task.yaml",
        "if it is not this task's own gateway, choose another deployment.port in task.yaml",
    ),
    "ledger.title": ("База данных", "Database"),
    "ledger.sqlite": ("SQLite у {place}", "SQLite at {place}"),
    "ledger.sqlite.do": (
        "дайте право записи или перенесите `store` в task.yaml",
        "give write access, or move `store` in task.yaml",
    ),
    "ledger.answers": ("{url} отвечает", "{url} answers"),
    "ledger.silent": ("{url}: {error}", "{url}: {error}"),
    "ledger.silent.do": ("запустите базу данных или исправьте её адрес", "start the database, or correct its URL"),
    "dagster_home.title": ("Dagster", "Dagster"),
    "dagster_home.is": ("DAGSTER_HOME = {home}", "DAGSTER_HOME = {home}"),
    "dagster_home.unset": ("DAGSTER_HOME не задан", "DAGSTER_HOME is not set"),
    "dagster_home.unset.do": (
        "команды make задают его сами; иначе задайте папку с dagster.yaml, не то запуски забудутся",
        "the make commands set it; otherwise set a folder with dagster.yaml, or runs are forgotten",
    ),
    "dagster_home.bad": (
        "DAGSTER_HOME = {home}: нет такой абсолютной папки с dagster.yaml",
        "DAGSTER_HOME = {home}: not an absolute folder with dagster.yaml",
    ),
    "dagster_home.bad.do": ("исправьте DAGSTER_HOME", "correct DAGSTER_HOME"),
    "dagster_daemon.title": ("Демон Dagster", "Dagster daemon"),
    "dagster_daemon.seen": ("последний сигнал {age} с назад", "last heard of {age} s ago"),
    "dagster_daemon.seen.do": (
        "запустите `make dev` или службу dagster-daemon: без него нет расписания и сенсора",
        "start `make dev` or the dagster-daemon service: without it neither schedule nor sensor runs",
    ),
    "dagster_daemon.unseen": (
        "сигналов нет (или экземпляр Dagster не на SQLite: смотрите его страницу Deployment)",
        "not heard of (or the instance is not on SQLite: see its Deployment page)",
    ),
    "dagster_daemon.unseen.do": (
        "для обучения не нужен; для расписания запустите `make dev` или службу dagster-daemon",
        "not needed for training; for the schedule start `make dev` or the dagster-daemon service",
    ),
    "clock.title": ("Часы", "Clock"),
    "clock.is": ("{now}, расписание по {zone}", "{now}, schedule in {zone}"),
    "clock.behind": ("{now}: раньше, чем установлен этот пакет", "{now}: earlier than this package was installed"),
    "clock.behind.do": (
        "включите синхронизацию времени (chrony или systemd-timesyncd)",
        "switch time synchronisation on (chrony or systemd-timesyncd)",
    ),
    "clock.zone": ("часовой пояс {zone} не известен", "time zone {zone} is not known"),
    "clock.zone.do": (
        "исправьте refresh.timezone, например Europe/Moscow",
        "correct refresh.timezone, e.g. Europe/Moscow",
    ),
}


def say(key: str, language: Literal["ru", "en"], /, **values: Any) -> str:
    """A sentence in the task's language."""
    return _TEXTS[key][0 if language == "ru" else 1].format(**values)
