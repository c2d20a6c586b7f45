"""A Telegram Desktop export (`result.json` of one chat, or of an account) -> rows of messages.

Here: chats, messages, text as a list of entities, service messages, who is who. Not here: what all exports share
(export.py), where one conversation ends and the next begins (sessions.py).

Who is who: `roles` of the source first (a name as the export shows it, or an id such as user123), then the other side
of a personal chat is the customer and the account's owner the agent, a bot chat's other side is a bot. In a group
everybody whom `roles` do not name is a customer, once `roles` (or the owner) say who the agents are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ft_pipeline.ingest.export import People, Record, Rows, Ticket, epoch_to_iso, pseudonym, read_json
from ft_pipeline.ingest.files import SourceFile
from ft_pipeline.ingest.sessions import Said, split_sessions
from ft_pipeline.ingest.tables import Options, Table

_MEDIA = ("media_type", "photo", "file", "location_information", "contact_information", "poll", "invoice", "game_title")
_NOT_SUPPORT = frozenset({"saved_messages", "private_channel", "public_channel"})
_PERSONAL = frozenset({"personal_chat", "bot_chat", "replies", "verify_codes"})


@dataclass(frozen=True)
class _Chat:
    record: Record
    owner: str  # id of the account that was exported, "" where the export does not say it

    @property
    def kind(self) -> str:
        return self.record.text("type")

    @property
    def chat_id(self) -> str:
        return self.record.text("id")


def read(files: Sequence[SourceFile], options: Options) -> Table:
    """Reads all files of one Telegram export."""
    rows, people = Rows(), People(options.roles)
    for file in files:
        for document in read_json(file, options, rows):
            chats = list(_chats(document))
            if not chats:
                fields = ", ".join(sorted(document))[:120] if isinstance(document, Record) else type(document).__name__
                rows.reject(rows.place(file.name), "unknown_shape", f"found {fields}; expected chats or messages")
            for chat in chats:
                _take_chat(rows, file.name, chat, people)
    return rows.table()


def _chats(document: object) -> Iterator[_Chat]:
    if not isinstance(document, Record):
        return
    owner = document.record("personal_information").text("user_id")
    if isinstance(document.get("messages"), list):
        yield _Chat(document, owner)
        return
    for name in ("chats", "left_chats"):
        for chat in document.record(name).items_of("list"):
            if isinstance(chat, Record):
                yield _Chat(chat, owner)


def _take_chat(rows: Rows, file: str, chat: _Chat, people: People) -> None:
    messages = chat.record.items_of("messages")
    records = [message for message in messages if isinstance(message, Record)]
    senders = {mark for message in records for mark in (message.text("from"), message.text("from_id")) if mark}
    has_agent = people.names_an_agent(sorted(senders)) or chat.owner in {_bare_id(mark) for mark in senders}
    said: list[Said] = []
    for message in messages:
        place = rows.place(file)
        reason, detail = _problem(message, chat)
        if reason or not isinstance(message, Record):
            rows.reject(place, reason, detail)
            continue
        role = _role(message, chat, people, has_agent=has_agent)
        if not role:
            advice = "write your own people into task.yaml: roles: {<name or id, as user123>: agent}"
            rows.reject(place, "unknown_role", f"sender {message.text('from_id')} in a {chat.kind or 'chat'}; {advice}")
            continue
        said.append(
            Said(
                place=place,
                turn_id=message.text("id"),
                reply_to=message.text("reply_to_message_id"),
                sender=_bare_id(message.text("from_id")) or pseudonym(message.text("from")),
                role=role,
                text=_text(message),
                created_at=epoch_to_iso(message.text("date_unixtime")) or message.text("date"),
            )
        )
    is_personal = chat.kind in _PERSONAL or not chat.kind
    for message, ticket_id, customer_id in split_sessions(said, chat_id=f"tg{chat.chat_id}", is_personal=is_personal):
        ticket = Ticket(ticket_id, customer_id=customer_id, channel="telegram")
        rows.keep(
            message.place,
            ticket,
            turn_id=message.turn_id,
            role=message.role,
            text=message.text,
            created_at=message.created_at,
        )


def _problem(message: object, chat: _Chat) -> tuple[str, str]:
    """(reason, detail) where an element of a chat is no message that can be used."""
    if not isinstance(message, Record):
        return "not_an_object", f"found {type(message).__name__}, expected a message"
    if message.is_ambiguous:
        return "duplicate_key", f"message {message.text('id')}"
    if message.text("type") == "service":
        return "service_message", message.text("action")
    if chat.kind in _NOT_SUPPORT:
        return "not_a_dialogue", f"a chat of type {chat.kind}"
    if not _text(message).strip():
        media = next((message.text(name) if name == "media_type" else name for name in _MEDIA if name in message), "")
        return ("media_without_text", media) if media else ("no_text", "")
    return "", ""


def _text(message: Record) -> str:
    """The text, whether it stands as a string or as a list of strings and entities."""
    text = message.get("text")
    if isinstance(text, str):
        return text
    pieces = text if isinstance(text, list) else message.items_of("text_entities")
    return "".join(piece if isinstance(piece, str) else _entity(piece) for piece in pieces)


def _entity(piece: object) -> str:
    if not isinstance(piece, Record):
        return ""
    text, address = str(piece.get("text") or ""), piece.text("href")
    return f"{text} ({address})" if piece.text("type") == "text_link" and address and address != text else text


def _role(message: Record, chat: _Chat, people: People, *, has_agent: bool) -> str:
    sender = _bare_id(message.text("from_id"))
    named = people.role(message.text("from_id"), sender, message.text("from"))
    if named:
        return named
    if message.text("via_bot"):
        return "bot"
    is_owner = bool(chat.owner) and sender == chat.owner
    if chat.kind == "bot_chat":
        return "bot" if sender == chat.chat_id or not is_owner else "customer"
    if chat.kind in _PERSONAL or not chat.kind:
        if chat.owner:
            return "agent" if is_owner else "customer"
        if sender and sender == chat.chat_id:
            return "customer"
        is_other = bool(message.text("from")) and message.text("from") == chat.record.text("name")
        return "customer" if is_other or has_agent else "agent" if chat.record.text("name") else ""
    if is_owner:
        return "agent"
    return "customer" if has_agent else ""


def _bare_id(identifier: str) -> str:
    return identifier.removeprefix("user")
