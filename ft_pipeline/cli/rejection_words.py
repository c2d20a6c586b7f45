"""What a reason of the quarantine means, in words for who looks after the tickets; Russian and English.

Here: words only. Not here: which rows were rejected (published.py), why (the stages). A reason without words is shown
by its own name.
"""

from __future__ import annotations

_WORDS = """
after_as_of | моложе даты, на которую собираются данные | younger than the date of this refresh
answer_asks_back | вместо ответа — встречный вопрос | asks back instead of answering
answer_for_one_case | ответ годится только для одного случая | the answer holds for one case only
answer_repeats_question | ответ повторяет вопрос | the answer repeats the question
answer_says_nothing | ответ ни о чём: «ожидайте», «передал коллегам» | the answer says nothing: "please wait"
answer_too_long | ответ слишком длинный | the answer is too long
answer_too_short | ответ слишком короткий | the answer is too short
answer_without_words | в ответе нет слов | the answer holds no words
bad_date | дату нельзя прочитать | the date cannot be read
blank_row | пустая строка | a blank row
broken_archive | архив испорчен | the archive is broken
broken_docx | документ Word испорчен | the Word document is broken
broken_json | строка или файл JSON испорчены | the JSON is broken
broken_mail | письмо испорчено | the mail is broken
broken_parquet | файл Parquet испорчен | the Parquet file is broken
broken_pdf | файл PDF испорчен | the PDF file is broken
broken_xlsx | книга Excel испорчена | the workbook is broken
contradicting_answer | на тот же вопрос большинство отвечает иначе | most answer the same question differently
contradicts_another_row | противоречит другой строке | contradicts another row
deleted_message | сообщение удалено | the message was deleted
deleted_ticket | обращение удалено | the ticket was deleted
delivery_report | отчёт о доставке, а не письмо | a delivery report, not a message
draft_message | черновик: его не отправляли | a draft, never sent
duplicate_id | такой номер уже есть | the id stands twice
duplicate_key | в строке поле повторяется | a field stands twice in the row
duplicate_member | файл повторяется в архиве | the file stands twice in the archive
duplicate_question | такой же или почти такой же вопрос уже есть | the same or near-same question is there already
duplicate_turn | то же сообщение есть в другом файле | the same message stands in another file
empty_archive | архив пуст | the archive is empty
empty_file | файл пуст | the file is empty
empty_text | в документе нет текста | the document holds no text
encrypted | файл закрыт паролем | the file has a password
encrypted_member | файл в архиве закрыт паролем | a file of the archive has a password
fact_superseded | ответ устарел: есть более новый | the answer is out of date: a newer one exists
field_too_long | поле длиннее предела | a field is longer than is read
follow_up_of_refused | продолжает вопрос, который не взят | follows up a question that was not kept
held_out_with_eval | оставлено для проверки модели, в обучение не идёт | kept for the evaluation, never trained on
held_out_with_incoming_sample | оставлено в случайной выборке входящих | kept in the random sample of incoming tickets
hidden_message | скрыто: клиент этого не видел | hidden: the customer never saw it
language_not_in_task | язык не из файла задачи | a language that the task does not name
line_item | служебная отметка, а не сообщение | a note of the help desk, not a message
lone_surrogate | символы испорчены при выгрузке | characters were broken by the export
mailing_list | рассылка | a mailing list
media_without_text | картинка, файл или звук без текста | a picture, file or sound without text
message_too_long | сообщение длиннее предела | the message is longer than is read
missing_answer | нет ответа | the answer is missing
missing_created_at | нет даты | the date is missing
missing_question | нет вопроса | the question is missing
missing_role | не указано, кто писал | who wrote it is missing
missing_text | нет текста | the text is missing
missing_ticket_id | нет номера обращения | the ticket's id is missing
near_eval_when_read | после исправления опечаток совпал с проверочным вопросом | equals an evaluation question once read
needs_earlier_turns | непонятно без прежних сообщений | cannot be understood without the turns before it
nested_archive | архив внутри архива | an archive in an archive
nested_too_deep | вложено слишком глубоко | nested too deep
no_answer | поддержка не ответила | support did not answer
no_columns | нет строки заголовков | there is no header
no_messages | нет сообщений | there are no messages
no_question | клиент ничего не спросил | the customer asked nothing
no_text | сообщение без текста | a message without text
not_a_chat_line | не строка переписки | no line of a chat
not_a_dialogue | канал или заметки, а не переписка | a channel or notes, no dialogue
not_a_mail | не письмо | no mail
not_a_number | вместо числа NaN | NaN in the place of a number
not_an_mbox | не почтовый ящик mbox | no mbox
not_an_object | не запись с полями | no object with fields
not_json | не выгрузка JSON | no JSON export
not_valid_any_more | ответ больше не действует | the answer does not hold any more
not_valid_at_as_of | на эту дату ответ не действует | the answer does not hold at this date
not_valid_yet | ответ ещё не действует | the answer does not hold yet
nul_byte | нулевые байты: выгрузка испорчена | NUL bytes: a broken export
off_topic | не по теме поддержки | not about support
old_doc | старый формат Word (.doc) | Word 97 (.doc)
outlook_msg | письмо Outlook .msg: сохраните как .eml | a .msg of Outlook: save it as .eml
personal_data_left | остались личные данные | personal data were left
question_too_long | вопрос слишком длинный | the question is too long
question_too_short | вопрос слишком короткий | the question is too short
question_without_words | в вопросе нет слов | the question holds no words
reader_failed | файл не удалось прочитать | the file could not be read
redacted_message | сообщение вычищено в самой программе | the message was redacted in the help desk
review_message | ждёт проверки: его не отправляли | waits for a review, never sent
scanned | сканы без текста: распознайте их | scans without text: recognise them
service_message | служебное сообщение | a service message
spam_ticket | спам | spam
system_line | служебная строка | a line of the program itself
too_long_for_model | длиннее, чем читает модель | longer than the model reads
too_many_pages | слишком много страниц | too many pages
too_many_parts | слишком много частей в письме | too many parts in the mail
unknown_author | неизвестно, кто писал | nobody can tell who wrote it
unknown_kind | неизвестный вид вопроса | an unknown kind of question
unknown_role | неизвестно, клиент это или сотрудник | nobody can tell customer from agent
unknown_shape | не похоже на выгрузку этой программы | not what this program exports
unknown_stratum | неизвестная группа вопросов | an unknown stratum
unknown_table | неизвестная таблица | an unknown table
unreadable_encoding | кодировку не удалось определить | the encoding could not be found
unreadable_header | заголовок нельзя прочитать | the header cannot be read
unresolved | обращение не решено или открыто снова | the ticket is not resolved, or was opened again
unsafe_name | опасное имя файла в архиве | an unsafe name in the archive
unsupported_format | файлы этого вида не читаются | files of this kind are not read
wrong_number_of_fields | полей не столько, сколько в заголовке | another number of fields than the header has
"""
_MEANING = {
    name.strip(): {"ru": russian.strip(), "en": english.strip()}
    for name, russian, english in (line.split("|") for line in _WORDS.strip().splitlines())
}


def meaning(reason: str, language: str) -> str:
    """What a reason means, in `ru` or `en`; "" where it has no words yet."""
    return _MEANING.get(reason, {}).get(language, "")
