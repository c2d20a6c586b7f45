"""What WhatsApp itself writes into a chat export: media that were left out, deleted messages, calls, notices.

Here: what is left of a message when these are taken away, and the reason where nothing is. Not here: lines, dates and
senders (whatsapp.py).

iOS opens everything that it writes by itself with U+200E, in every language, so that mark decides there; Android has no
mark, so its words are listed: Russian and English in full, media and deleted messages in a few more languages.
"""

from __future__ import annotations

import re

MARK = "\u200e"
_MEDIA = re.compile(
    r"(?:<?(?:media omitted|без медиафайлов|медиафайл[^\n]{0,20}(?:пропущен|опущен)|файл пропущен)>?"
    r"|<[^<>\n]{0,30}(?:media|medien|médias|multimedia|mídia|медиа|медіа|видеосообщени)[^<>\n]{0,30}>"
    r"|(?:image|video|audio|sticker|gif|document|contact card|video note|view once (?:photo|video|voice)[^\n]{0,20}"
    r"|photo|voice message) omitted"
    r"|(?:изображение|фото|видео|аудиофайл|аудио|стикер|документ|gif|карточка контакта|видеосообщение|кружок"
    r"|голосовое сообщение|файл)[^\n]{0,20}(?:отсутству\w+|пропущен\w*|опущен\w*|не включ[её]н\w*)"
    r"|<(?:attached|прикреплено|вложение|adjunto|anhang|pièce jointe|anexado): ?[^\n>]{1,200}>"
    r"|однократный просмотр[^\n]{0,30}|view once[^\n]{0,30}"
    r"|(?:null|location: https?://\S+|местоположение: https?://\S+|live location shared|poll:[^\n]*|опрос:[^\n]*"
    r"|транслируется геолокация[^\n]{0,40}))",
    re.IGNORECASE,
)
_ATTACHED_FIRST = re.compile(
    r"[^\n]{1,200}\.\w{2,5} \((?:file attached|файл добавлен|прикрепл[её]нный файл|archivo adjunto|datei angehängt"
    r"|fichier joint|файл додано)\)(?:\n|\Z)",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"[^\n]{1,200}\.\w{2,5}(?:\s*•[^\n]{0,40})?\s*")
_DELETED = re.compile(
    r"(?:this message was deleted|you deleted this message|(?:данное|это) сообщение (?:было )?удалено"
    r"|вы удалили (?:данное|это) сообщение|сообщение удалено|(?:это )?сообщение удалил[^\n]{0,40}"
    r"|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|se eliminó este mensaje|eliminaste este mensaje"
    r"|ce message a été supprimé|це повідомлення (?:було )?видалено)\W*",
    re.IGNORECASE,
)
_EDITED = re.compile(
    r"\s*<(?:this message was edited|(?:это )?сообщение (?:было )?изменено|изменено)>\s*$", re.IGNORECASE
)
_NOTICE = re.compile(
    r"(?:messages and calls are end-to-end encrypted.*|сообщения и звонки защищены.*"
    r"|messages to this (?:chat|group) are.*"
    r"|сообщения в (?:этом чате|этой группе) (?:теперь )?защищены.*|waiting for this message.*|ожидание сообщения.*"
    r"|(?:this|these) (?:chat|business) (?:is|uses) [^\n]{0,200}|эта компания (?:использует|работает)[^\n]{0,200}"
    r"|(?:missed |пропущенный )?(?:group |групповой )?(?:(?:voice|video) call|(?:аудио|видео)звонок)"
    r"(?: (?:at|в) [\d: APMapm]+|[,.•]\s*(?:\d+ ?(?:s|sec|min|h|hr|сек|мин|ч)\w*\W*|no answer|нет ответа|без ответа"
    r"|tap to[^\n]{0,40}|нажмите[^\n]{0,40}|\d+ joined|отмен[её]н\w*|не отвечен\w*))?)\W*",
    re.IGNORECASE | re.DOTALL,
)


def typed(body: str) -> tuple[str, str]:
    """(what the sender typed, "") or ("", the reason why there is nothing) of a message that still has its marks."""
    plain = body.replace(MARK, "").strip()
    if _NOTICE.fullmatch(plain):
        return "", "system_line"
    if _DELETED.fullmatch(plain):
        return "", "deleted_message"
    if _MEDIA.fullmatch(plain):
        return "", "media_without_text"
    text = _EDITED.sub("", plain)
    attached = _ATTACHED_FIRST.match(text)
    if attached is not None:
        text = text[attached.end() :].strip()
        return text, "" if text else "media_without_text"
    caption = _caption(body)
    if caption is not None:
        return caption, "" if caption else "media_without_text"
    # What the program opened with its mark and is none of the above: a call, a poll, a location in its own words.
    return ("", "system_line") if body.startswith(MARK) else (text, "")


def _caption(body: str) -> str | None:
    """What was typed before a medium that the export names at the end; None where it names none."""
    before, mark, last = body.rpartition(MARK)
    if not mark or not _MEDIA.fullmatch(last.strip()):
        return None
    caption = before.replace(MARK, "").strip()
    return "" if _FILE_NAME.fullmatch(caption) else caption
