"""Presidio, the peer of redaction and of the whole chain, in an interpreter that has it.

Here: how its analyzer is built. Not here: what it is asked.
"""

from __future__ import annotations

from typing import Any

BLANK = "blank"  # no model of names


def presidio(model: str = BLANK) -> Any:
    """Presidio's analyzer for English with its default recognisers over a spaCy model; it has no Russian ones."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model}])
    engine.nlp = {"en": spacy.blank("en") if model == BLANK else spacy.load(model)}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
