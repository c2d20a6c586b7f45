"""Texts with known personal data: generated with their truth, in two halves that share nothing but grammar.

Here: `text` (a labelled text, how pieces become one), `grammar` (declension of names, check digits), `held_out` (the
half that the recognisers were never tuned on, frozen in `held_out.jsonl`), `development` (the half to tune on).
Each half has its own name lists, templates, shapes of identifiers and typo model. Not here: measuring.
"""
