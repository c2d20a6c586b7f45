"""The bytes of one mail -> its headers and what its author wrote.

Here: RFC 2047 headers, raw 8-bit headers, charsets that lie, quoted-printable and base64, HTML bodies, what tells an
automatic mail. Not here: threads and roles (mail.py), quotes (quotes.py).
"""

from __future__ import annotations

import hashlib
import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from datetime import UTC
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from ft_pipeline.ingest.encoding import LADDER, decode
from ft_pipeline.ingest.html import NestedTooDeepError
from ft_pipeline.ingest.quotes import reply_of_html, reply_of_text
from ft_pipeline.ingest.times import to_utc, utc_text

_MOST_PARTS = 200  # honest mails stay below 50
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_SURROGATE = re.compile(r"[\udc80-\udcff]")
_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_ROBOT = re.compile(r"^(?:no-?reply|do-?not-?reply|noanswer|robot|auto-?reply)[\w.+-]*@", re.IGNORECASE)
_AUTO_SUBJECT = re.compile(
    r"^\W*(?:автоответ|автоматический ответ|out of office|automatic reply|autoreply|auto:)", re.IGNORECASE
)
_LATIN = frozenset({"iso-8859-1", "latin-1", "latin1", "windows-1252", "cp1252", "us-ascii", "ascii"})
_ALIASES = {"x-mac-cyrillic": "mac-cyrillic", "win-1251": "cp1251", "cp-1251": "cp1251", "utf8mb4": "utf-8"}
_BARE_HTML = re.compile(r"\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE)  # its type is not named
_SURE = frozenset({"utf-8", "utf-8-sig", *LADDER})


_PICTURE = re.compile(r"\[(?:cid|image|изображение): ?[^\]\n]{0,200}\]", re.IGNORECASE)
_LONGEST_STUB = 300  # characters
_STUB = re.compile(  # what stands in the plain part of a mail that is only written for the HTML part
    r"не поддерживает (?:формат )?html|html[- ](?:capable|compatible|enabled)|(?:does not|doesn't) support html"
    r"|view (?:this )?(?:e-?mail|message) in (?:a|your) browser|this is an html(?:[- ]only)? (?:e-?mail|message)"
    r"|(?:это )?письмо в формате html",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mail:
    """One mail; where `reason` is not "" it is not used and `detail` says why."""

    message_id: str = ""
    references: tuple[str, ...] = ()  # the oldest first
    subject: str = ""
    sender: str = ""  # lower-case address
    sender_name: str = ""
    recipients: tuple[str, ...] = ()  # To and Cc
    reply_to: str = ""  # where it differs from the sender
    created_at: str = ""  # ISO-8601 in UTC, "" = the mail has no date
    text: str = ""
    is_automatic: bool = False
    mailing_list: str = ""  # the domain-like name of the list that brought it, "?" where the list has no name
    reason: str = ""
    detail: str = ""


class _Unusable(Exception):
    """This mail cannot be used, and why."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def parse_mail(data: bytes) -> Mail:
    """Reads one mail; what is broken in it is a reason, never an exception."""
    if not data.strip():
        return Mail(reason="empty_file")
    try:
        return _parsed(data)
    except _Unusable as problem:
        return Mail(reason=problem.reason, detail=problem.detail)
    except NestedTooDeepError as error:
        return Mail(reason="nested_too_deep", detail=str(error))
    except RecursionError:
        return Mail(reason="nested_too_deep", detail="parts inside parts")
    except (MessageError, ValueError, TypeError, AttributeError, KeyError, IndexError, LookupError) as error:
        # The standard parser fails in many ways on mails that break the standard.
        return Mail(reason="broken_mail", detail=type(error).__name__)


def _parsed(data: bytes) -> Mail:
    message = message_from_bytes(data.removeprefix(BOM_UTF8).lstrip())
    headers = _Headers(message)
    senders = headers.addresses("from") or headers.addresses("sender")
    if not senders:
        raise _Unusable("not_a_mail", "no header From: with an address")
    name, sender = senders[0]
    _refuse_reports(message, sender)
    text = _body(message)
    if not text.strip():
        raise _Unusable("no_text", "nothing but attachments, or an empty mail")
    own_id = next(iter(_MESSAGE_ID.findall(headers.get("message-id"))), "")
    references = dict.fromkeys(
        _MESSAGE_ID.findall(headers.get("references")) + _MESSAGE_ID.findall(headers.get("in-reply-to"))[:1]
    )
    reply_to = next((address for _, address in headers.addresses("reply-to")), "")
    return Mail(
        message_id=own_id or hashlib.sha256(data).hexdigest(),
        references=tuple(reference for reference in references if reference != own_id),
        subject=headers.get("subject"),
        sender=sender,
        sender_name=name,
        recipients=tuple(dict.fromkeys(found for kind in ("to", "cc") for _, found in headers.addresses(kind))),
        reply_to=reply_to if reply_to != sender else "",
        created_at=_date(headers),
        text=text,
        is_automatic=_is_automatic(headers, sender),
        mailing_list=_mailing_list(headers),
    )


class _Headers:
    """Headers as text: encoded words and raw 8-bit bytes decoded."""

    def __init__(self, message: Message) -> None:
        self.raw: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self.raw.setdefault(name.lower(), []).append(str(value))

    def get(self, name: str) -> str:
        """The first header of this name, "" where there is none."""
        return _decoded(self.raw.get(name, [""])[0])

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """(name, lower-case address) of every address in the headers of this name."""
        values = [re.sub(r"[\r\n]+\s*", " ", _without_surrogates(value)) for value in self.raw.get(name, [])]
        pairs = getaddresses(values, strict=False) if _HAS_STRICT else getaddresses(values)
        return [(_decoded(shown), address.strip().lower()) for shown, address in pairs if "@" in address]


_HAS_STRICT = "strict" in getaddresses.__code__.co_varnames  # strict refuses what mail programs really write


def _without_surrogates(value: str) -> str:
    if not _SURROGATE.search(value):
        return value
    return decode(value.encode("utf-8", "surrogateescape")).text or value.encode("ascii", "replace").decode()


def _decoded(value: str) -> str:
    unfolded = re.sub(r"[\r\n]+[ \t]*", " ", _without_surrogates(value))
    # Two encoded words side by side are one text, though some programs write no space between them.
    unfolded = re.sub(r"\?=(=\?[\w-]+\?[bqBQ]\?)", r"?= \1", unfolded)
    try:
        pieces = decode_header(unfolded)
    except (MessageError, ValueError):
        return unfolded.strip()
    return "".join(
        piece if isinstance(piece, str) else _text(piece, charset or "") for piece, charset in pieces
    ).strip()


def _text(data: bytes, charset: str) -> str:
    """Bytes by the charset that the mail names, or by the one that they really have.

    Raises:
        _Unusable: no encoding fits.
    """
    named = _ALIASES.get(charset.strip().lower(), charset.strip().lower())
    seen = decode(data)
    is_sure = seen.encoding in _SURE  # a guess among all the world's encodings is no reason to overrule the mail
    if named in {"", "unknown-8bit"} or (named in _LATIN and is_sure):
        text = seen.text
    else:
        try:
            text = decode(data, encoding=named).text
        except LookupError:
            text = None
        text = seen.text if text is None and is_sure else text
    if text is None:
        raise _Unusable("unreadable_encoding", f"charset {named or 'missing'} does not fit")
    return text


def _refuse_reports(message: Message, sender: str) -> None:
    kind = message.get_content_type()
    if kind == "multipart/report" or _DAEMON.match(sender):
        raise _Unusable("delivery_report", "an automatic report, not a message")
    if kind in {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}:
        raise _Unusable("encrypted", "decrypt the mail before the export")


def _mailing_list(headers: _Headers) -> str:
    name = headers.get("list-id").rpartition("<")[2].strip("<> ").lower()
    return name or ("?" if headers.get("list-unsubscribe") and headers.get("precedence") else "")


def _is_automatic(headers: _Headers, sender: str) -> bool:
    submitted = headers.get("auto-submitted").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or bool(headers.get("x-autoreply") or headers.get("x-autorespond"))
        or headers.get("precedence").lower() in {"auto_reply", "bulk", "junk"}
        or bool(_AUTO_SUBJECT.match(headers.get("subject")))
        or bool(_ROBOT.match(sender))
    )


def _date(headers: _Headers) -> str:
    """When it was written, else when the last server took it in."""
    received = headers.get("received").rpartition(";")[2]
    for value in (headers.get("date"), received):
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            if shown := to_utc(value):  # "Вт, 5 мая 2026 10:15:00 +0300"
                return shown
            continue
        try:
            return utc_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
        except (OverflowError, ValueError):
            continue
    return ""


def _body(message: Message) -> str:
    """What the author wrote: the plain part, or the HTML part where there is no plain one."""
    plain: list[str] = []
    html: list[str] = []
    for number, part in enumerate(_shown_parts(message)):
        if number > _MOST_PARTS:
            raise _Unusable("too_many_parts", f"more than {_MOST_PARTS} parts")
        kind = part.get_content_type()
        if kind not in {"text/plain", "text/html"}:
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and payload.strip():
            text = _text(payload, str(part.get_content_charset() or ""))
            is_plain = kind == "text/plain" and not _BARE_HTML.match(text)
            (plain if is_plain else html).append(_unwrapped(text, part))
    text = _PICTURE.sub("", reply_of_text("\n".join(plain))).strip() if plain else ""
    is_stub = len(text) < _LONGEST_STUB and bool(_STUB.search(text))
    if not html or (text and not is_stub):
        return text
    return "\n".join(reply for piece in html if (reply := reply_of_html(piece)))


def _unwrapped(text: str, part: Message) -> str:
    """A text whose program says that a blank at a line's end only wraps it (RFC 3676), with those lines whole again."""
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    drops_blank = str(part.get_param("delsp") or "").lower() == "yes"
    lines: list[str] = []
    goes_on = False
    for line in text.replace("\r\n", "\n").split("\n"):
        if goes_on and not line.startswith(">"):
            lines[-1] = (lines[-1][:-1] if drops_blank else lines[-1]) + line
        else:
            lines.append(line)
        goes_on = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(lines)


def _shown_parts(message: Message, *, is_inside: bool = False) -> list[Message]:
    """The parts that a reader sees in the mail itself: no attachments, no attached mails."""
    is_file = message.get_content_disposition() == "attachment" or (is_inside and bool(message.get_filename()))
    if is_file or message.get_content_type() == "message/rfc822":
        return []
    if not message.is_multipart():
        return [message]
    parts = message.get_payload()
    children = [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []
    return [shown for part in children for shown in _shown_parts(part, is_inside=True)]
