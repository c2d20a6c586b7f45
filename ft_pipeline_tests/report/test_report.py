"""The report: the owner's table, fair samples, pictures, and pages on which a customer's text stays text."""

from __future__ import annotations

import base64
import dataclasses
from collections import Counter
from typing import Any

import pytest
from lxml import etree
from lxml import html as lxml_html

from ft_pipeline.evaluate import Evaluation, as_json
from ft_pipeline.records import EvalRow
from ft_pipeline.report import (
    Material,
    curve_svg,
    data_uri,
    funnel_markdown,
    funnel_svg,
    loss_svg,
    pick_samples,
    report_html,
    report_markdown,
    samples_markdown,
    score_svg,
    table_markdown,
    verdict_sentence,
)
from ft_pipeline.report.tables import (
    effort_table,
    escape_markdown,
    follow_up_words,
    main_table,
    notes,
    rules_table,
)
from ft_pipeline.report.wording import decimal, evidence, percent, share_text
from ft_pipeline.task import Task
from ft_pipeline_tests.evaluate.trial import eval_row, make_task, trial

NBSP = "\u00a0"
HOSTILE = 'Где груз? <script>alert(1)</script> | **жирно** [ссылка](http://x.example) "><img src=x onerror=alert(2)>'
FUNNEL = [("tickets", 6000), ("pair", 5000), ("split", 2900), ("train", 2300), ("eval", 600)]
HISTORY: list[dict[str, Any]] = [
    {"epoch": epoch, "train_loss": 2 / epoch, "validation_loss": 1 / epoch, "answer_score": 0.2 * epoch}
    for epoch in (1, 2, 3)
]


def result_of(evaluation: Evaluation, task: Task | None = None) -> dict[str, Any]:
    return as_json(evaluation, task=task or make_task(), release="r1", as_of="2026-09-30T21:00:00+00:00")


@pytest.fixture(scope="module")
def hostile_rows() -> list[EvalRow]:
    rows = [eval_row(number) for number in range(118)]
    odd = eval_row(900, question=HOSTILE)
    return [*rows, odd, eval_row(901, kind="out_of_scope", stratum="out_of_scope", reference="", question="Погода?")]


@pytest.fixture(scope="module")
def evaluation(hostile_rows: list[EvalRow]) -> Evaluation:
    return trial(hostile_rows, wrong=[3, 4], unsure=range(10, 40))


def material(evaluation: Evaluation, rows: list[EvalRow], language: Any, n: int = 200) -> Material:
    return Material(
        result=result_of(evaluation),
        language=language,
        samples=pick_samples(rows, evaluation.answers, evaluation.scores, n=n, seed=1),
        funnel=FUNNEL,
        history=HISTORY,
        best_epoch=3,
        training_words="оставлена эпоха 3 <b>",
        curve=[dataclasses.asdict(point) for point in evaluation.curve],
    )


def page(evaluation: Evaluation, rows: list[EvalRow], language: Any, render: Any = report_html) -> str:
    return str(render(material(evaluation, rows, language)))


def test_the_owners_table_shows_before_after_target_and_outcome(evaluation: Evaluation) -> None:
    table = main_table(result_of(evaluation), "ru")
    assert table.header == ("Показатель", "До (базовая модель)", "После", "Цель", "Итог")
    rows = {row[0]: row[1:] for row in table.rows}
    assert len(rows) == 5
    assert rows["Время ответа (в 95 случаях из 100 не дольше)"] == (
        f"0,40{NBSP}с",
        f"0,50{NBSP}с",
        f"<{NBSP}1{NBSP}с",
        "✓",
    )
    load = rows["Снижение нагрузки на поддержку (оценка)"]
    assert load[0].startswith("0 %") and load[2] == f"≥{NBSP}30{NBSP}%, нижняя граница" and load[3] == "✓"
    assert rows["Доля вопросов, на которые модель отвечает сама"][2] == f"≥{NBSP}40{NBSP}%"
    assert rows["Доля верных из всех вопросов"][2:] == ("—", "—")  # the task's KPI is the share of the answers given
    assert rows["Доля верных из данных ответов"][1].endswith(f"n{NBSP}={NBSP}89")


def test_with_the_kpi_on_all_questions_the_target_stands_in_that_row() -> None:
    task = make_task(correct_of="all_questions", rule="point")
    rows = {row[0]: row[1:] for row in main_table(result_of(trial(task=task), task), "en").rows}
    assert rows["Correct, of all questions"][2:] == (f"≥{NBSP}90{NBSP}%", "✓")
    assert rows["Correct, of the answers given"][2:] == ("—", "—")
    assert rows["Share of questions the model answers itself"][2:] == ("—", "—")


def test_the_russian_table_has_decimal_commas_and_the_english_one_points(evaluation: Evaluation) -> None:
    russian = table_markdown(result_of(evaluation), language="ru")
    english = table_markdown(result_of(evaluation), language="en")
    assert f"98,3{NBSP}%" in russian and f"98.3{NBSP}%" not in russian
    assert f"98.3{NBSP}%" in english and f"98,3{NBSP}%" not in english
    assert not any("а" <= sign <= "я" for sign in english.lower())
    for stratum in ("обычные", "редкие", "с опечатками", "из обращений"):
        assert stratum in russian
    assert "поиск готового ответа" in russian


def test_the_champion_has_a_line_only_where_there_is_one() -> None:
    assert "действующая модель" not in table_markdown(result_of(trial()), language="ru").split("Кто отвечает")[1]
    with_champion = table_markdown(result_of(trial(champion_wrong=range(30))), language="ru")
    assert "| действующая модель |" in with_champion


def test_the_verdict_is_one_sentence_with_reasons_after_it() -> None:
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({}, "выпустить новую модель", "Лучше базовой модели"),
        ({"wrong": range(60)}, "не выпускать", "Доля верных из данных ответов"),
        ({"wrong": range(60), "champion_wrong": []}, "оставить действующую модель", "Не хуже действующей модели"),
        ({"signature_required": True}, "ждать подписи", "Лучше базовой модели"),
        ({"is_champion": True, "champion_wrong": []}, "и есть та, что уже работает", "Лучше базовой модели"),
    ]
    for settings, sentence, reason in cases:
        result = result_of(trial(**settings))
        assert sentence in verdict_sentence(result, "ru"), settings
        text = table_markdown(result, language="ru")
        assert text.index(sentence) < text.index("- " + reason), settings


def test_an_answer_time_that_was_not_measured_is_said_and_not_passed() -> None:
    result = result_of(trial(timings={}))
    row = main_table(result, "ru").rows[3]
    assert row[1:3] == ("не измерено", "не измерено") and row[4] == "—"
    assert "не выпускать" in verdict_sentence(result, "ru")


def test_a_stratum_without_questions_says_so() -> None:
    rows = [eval_row(number, stratum="usual") for number in range(60)]
    text = table_markdown(result_of(trial(rows)), language="ru")
    assert "| редкие | 0 | нет вопросов |" in text


def test_no_incoming_ticket_means_no_share_of_load_reduction() -> None:
    result = result_of(trial(incoming=[]))
    assert main_table(result, "en").rows[4][2:] == ("no questions", f"≥{NBSP}30{NBSP}%, lower bound", "—")


def test_rules_have_readable_names_in_both_languages() -> None:
    result = result_of(trial(champion_wrong=range(30)))
    for language in ("ru", "en"):
        names = [row[0] for row in rules_table(result, language).rows]  # type: ignore[arg-type]
        assert len(names) == len(result["decision"]["rules"]) > 7
        assert not any("_" in name for name in names)
    russian = " ".join(" ".join(row) for row in rules_table(result, "ru").rows)
    for word in ("lower bound", "observed", "McNemar", "worse", "intent", "none"):
        assert word not in russian


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ({"share": 0.934, "low": 0.901, "high": 0.957, "n": 400}, "93,4 % [90,1–95,7], n = 400"),
        ({"share": 0.93, "low": 0.8996, "high": 0.9571, "n": 350}, "93,0 % [89,9–95,8], n = 350"),  # outwards
        ({"share": 1.0, "low": 0.939, "high": 1.0, "n": 60}, "100,0 % [93,9–100,0], n = 60"),
        ({"share": None, "low": None, "high": None, "n": 0}, "нет вопросов"),
        (None, "—"),
    ],
)
def test_a_share_is_written_with_an_interval_that_never_looks_better_than_it_is(share: Any, expected: str) -> None:
    assert share_text(share, "ru").replace(NBSP, " ") == expected


def test_numbers_have_the_signs_of_their_language() -> None:
    assert decimal(-0.5, 2, "ru") == "−0,50"
    assert percent(0.934, "en") == f"93.4{NBSP}%"
    assert evidence("-3.0%, p = 0.0042, n = 400", "ru") == "−3,0 п. п., p = 0,0042, n = 400"
    assert evidence("+96.5%, p = 1.3e-116, n = 400", "en") == "+96.5 points, p < 0.001, n = 400"


@pytest.mark.parametrize("hostile", ["a|b", "<img src=x>", "*жирно*", "`код`", "[x](y)", "1\n\n# Заголовок", "\\|"])
def test_a_markdown_cell_stays_one_inert_cell(hostile: str) -> None:
    cell = escape_markdown(hostile)
    assert "\n" not in cell and "<" not in cell
    unescaped = [sign for place, sign in enumerate(cell) if sign in "|*`[#" and cell[place - 1 : place] != "\\"]
    assert unescaped == []


def test_samples_stand_in_their_true_proportions_and_cover_every_stratum() -> None:
    rows = [eval_row(number) for number in range(400)]
    evaluation = trial(rows, wrong=range(100), unsure=range(200, 240))  # 100 wrong, 40 handed over, 260 right
    samples = pick_samples(rows, evaluation.answers, evaluation.scores, n=20, seed=5)
    assert Counter(sample.outcome for sample in samples) == {"right": 13, "wrong": 5, "handed_over": 2}
    assert {sample.stratum for sample in samples} == {"usual", "rare", "noisy", "tickets"}
    assert len({sample.eval_id for sample in samples}) == 20


def test_the_same_seed_draws_the_same_samples_in_whatever_order_the_rows_come(evaluation: Evaluation) -> None:
    rows = [eval_row(number) for number in range(118)]
    first = pick_samples(rows, evaluation.answers, evaluation.scores, n=12, seed=2)
    again = pick_samples(rows[::-1], evaluation.answers[::-1], evaluation.scores[::-1], n=12, seed=2)
    other = pick_samples(rows, evaluation.answers, evaluation.scores, n=12, seed=3)
    assert first == again
    assert first != other


def test_more_samples_than_rows_are_all_rows(evaluation: Evaluation, hostile_rows: list[EvalRow]) -> None:
    samples = pick_samples(hostile_rows, evaluation.answers, evaluation.scores, n=5000, seed=2)
    assert sorted(sample.eval_id for sample in samples) == sorted(row.eval_id for row in hostile_rows)


def test_a_row_without_an_answer_of_an_arm_is_an_error(evaluation: Evaluation) -> None:
    with pytest.raises(ValueError, match="e9999: found no answer of the arm base"):
        pick_samples([eval_row(9999)], evaluation.answers, evaluation.scores, n=1, seed=1)


def test_a_sample_says_whether_the_customer_got_the_answer(evaluation: Evaluation, hostile_rows: list[EvalRow]) -> None:
    samples = pick_samples(hostile_rows, evaluation.answers, evaluation.scores, n=500, seed=1)
    by_id = {sample.eval_id: sample for sample in samples}
    assert by_id["e0003"].outcome == "wrong" and by_id["e0012"].outcome == "handed_over"
    text = samples_markdown([by_id["e0003"], by_id["e0012"], by_id["e0901"]], language="ru")
    assert "выдано, неверно, уверенность −0,50" in text
    assert "передано специалисту, ответ был бы верным, уверенность −8,00" in text
    assert "(передать специалисту)" in text  # what a human does with an out-of-scope question


def test_the_funnel_is_an_svg_with_readable_steps_and_escaped_names() -> None:
    picture = funnel_svg([*FUNNEL, ("<b>свой</b> & шаг", 5)], language="ru")
    root = etree.fromstring(picture.encode())
    texts = ["".join(node.itertext()) for node in root.iter("{*}text")]
    assert "Обращения в источниках" in texts and "<b>свой</b> & шаг" in texts
    assert f"2{NBSP}300 (38{NBSP}%)" in texts
    bars = [float(node.get("width")) for node in root.iter("{*}rect")][2::2]
    assert bars == sorted(bars[:3], reverse=True) + bars[3:]


def test_an_empty_funnel_and_one_of_zeros_draw() -> None:
    etree.fromstring(funnel_svg([], language="en").encode())
    etree.fromstring(funnel_svg([("tickets", 0)], language="en").encode())
    assert "| Tickets in the sources | 6,000 |" in funnel_markdown(FUNNEL, language="en")


def texts_of(picture: str) -> list[str]:
    return ["".join(node.itertext()) for node in etree.fromstring(picture.encode()).iter("{*}text")]


def test_the_curve_marks_the_chosen_threshold_and_the_target(evaluation: Evaluation) -> None:
    points = [dataclasses.asdict(point) for point in evaluation.curve]
    texts = texts_of(curve_svg(points, language="ru", threshold=-1.0, target=0.9))
    chosen = [point for point in points if point["confidence"] >= -1.0][-1]
    assert f"цель 90{NBSP}%" in texts
    assert any(
        text.endswith(f"{100 * chosen['coverage']:.0f} / {100 * chosen['precision']:.0f}{NBSP}%") for text in texts
    )
    assert not any("порог" in text for text in texts_of(curve_svg(points, language="ru")))
    assert texts_of(curve_svg([], language="en"))


def test_the_training_panel_names_the_epoch_that_was_kept() -> None:
    for draw in (loss_svg, score_svg):
        assert "оставлена эпоха 2" in texts_of(draw(HISTORY, language="ru", best_epoch=2))
        assert not any("оставлена" in text for text in texts_of(draw(HISTORY, language="ru", best_epoch=9)))
        assert not any("а" <= sign <= "я" for sign in " ".join(texts_of(draw(HISTORY, language="en"))).lower())


def test_no_line_of_a_chart_leaves_its_frame(evaluation: Evaluation) -> None:
    points = [dataclasses.asdict(point) for point in evaluation.curve]
    for picture in (curve_svg(points, language="ru", target=0.9), loss_svg(HISTORY, language="ru")):
        root = etree.fromstring(picture.encode())
        width, height = (float(side) for side in root.get("viewBox").split()[2:])
        for circle in root.iter("{*}circle"):
            assert 0 <= float(circle.get("cx")) <= width and 0 <= float(circle.get("cy")) <= height


def test_a_data_uri_gives_the_picture_back_and_knows_its_kinds() -> None:
    address = data_uri("<svg/>", "svg")
    assert address.startswith("data:image/svg+xml;base64,")
    assert base64.b64decode(address.partition(",")[2]) == b"<svg/>"
    assert data_uri(b"x", "png").startswith("data:image/png;base64,")
    with pytest.raises(ValueError, match="gif"):
        data_uri(b"x", "gif")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_page_is_self_contained_and_a_customers_words_stay_words(
    evaluation: Evaluation, hostile_rows: list[EvalRow], language: str
) -> None:
    text = page(evaluation, hostile_rows, language)
    root = lxml_html.document_fromstring(text)
    assert root.get("lang") == language
    assert root.xpath("//script") == [] and root.xpath("//@onerror") == [] and root.xpath("//b") == []
    assert root.xpath("//link") == [] and "url(" not in text and "@import" not in text
    addresses = root.xpath("//@src | //@href")
    assert len(addresses) == 5 and all(address.startswith("data:image/") for address in addresses)
    assert any(HOSTILE in heading.text_content() for heading in root.xpath("//article/h3"))
    assert "default-src 'none'" in root.xpath("//meta[@http-equiv]/@content")[0]
    assert root.xpath("//meta[@name='viewport']")


def test_every_cell_carries_the_name_of_its_column_for_narrow_screens(
    evaluation: Evaluation, hostile_rows: list[EvalRow]
) -> None:
    root = lxml_html.document_fromstring(page(evaluation, hostile_rows, "ru"))
    tables = root.xpath("//table")
    assert len(tables) == 6
    for table in tables:
        names = table.xpath("./thead/tr/th/text()")
        for row in table.xpath("./tbody/tr"):
            assert row.xpath("./td/@data-name") == names[1:]
    assert all(image.get("alt") for image in root.xpath("//img"))


def test_the_page_begins_with_the_table_and_the_verdict(evaluation: Evaluation, hostile_rows: list[EvalRow]) -> None:
    for render, marks in (
        (report_html, ("<table>", 'class="verdict good"', "По видам вопросов", "Точность и доля", "Примеры", "Данные")),
        (report_markdown, ("| Показатель", "**Решение", "По видам вопросов", "Точность и доля", "Примеры", "Данные")),
    ):
        text = page(evaluation, hostile_rows, "ru", render)
        places = [text.index(mark) for mark in (*marks, "Обучение", "Правила выпуска")]
        assert places == sorted(places)
        assert "30.09.2026 21:00 UTC" in text


def test_the_markdown_report_lets_no_customers_markup_through(
    evaluation: Evaluation, hostile_rows: list[EvalRow]
) -> None:
    text = page(evaluation, hostile_rows, "ru", report_markdown)
    assert "<" not in text.replace("&lt;", "")
    line = next(line for line in text.splitlines() if "alert(1)" in line)
    assert line.replace("\\|", "").count("|") == 6  # five cells: the customer's own border is escaped


def test_a_report_without_samples_funnel_history_or_curve_leaves_those_parts_out(evaluation: Evaluation) -> None:
    text = report_markdown(Material(result=result_of(evaluation), language="ru"))
    assert "Примеры" not in text and "Обучение" not in text and "data:image" not in text
    assert "## Правила выпуска" in text


def test_time_length_and_price_stand_beside_every_arm(evaluation: Evaluation) -> None:
    result = result_of(evaluation)
    result["arms"]["challenger"] |= {"tokens": 24.6, "cost_per_1000": 1.5}
    table = effort_table(result, "ru", currency="₽")
    assert table is not None
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["новая модель"] == (f"0,50{NBSP}с", f"0,50{NBSP}с", "25", f"1,50{NBSP}₽")
    del result["arms"]["challenger"]["tokens"]
    assert all(row[0] != "новая модель" for row in getattr(effort_table(result, "ru"), "rows", ()))


def test_follow_ups_are_said_only_where_some_were_asked(evaluation: Evaluation) -> None:
    share = {"share": 0.9, "low": 0.8, "high": 0.95, "n": 40}
    result = result_of(evaluation)
    assert "90,0" in follow_up_words(result | {"follow_ups": {"correct": share, "alone": share}}, "ru")
    assert follow_up_words(result | {"follow_ups": {"correct": share | {"n": 0}, "alone": share}}, "ru") == ""


def test_too_few_questions_to_tell_the_models_apart_are_said(evaluation: Evaluation) -> None:
    test = {"difference": 0.01, "p_value": 0.6, "rows_needed": 2400}
    result = result_of(evaluation)
    assert f"2{NBSP}400" in " ".join(notes(result | {"comparisons": {"champion": test}}, "ru"))
    assert "не отличить" not in " ".join(notes(result | {"comparisons": {"champion": test | {"p_value": 0.01}}}, "ru"))
