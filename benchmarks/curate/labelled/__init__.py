"""Texts with known personal data: generated with their truth, in halves that share nothing but grammar.

Here: `text` (a labelled text, how pieces become one), `grammar` (declension of names, check digits), `development`,
`held_out` (frozen in `held_out.jsonl`; looked at since, so it is worked on like the first) and `unseen` (frozen in
`unseen.jsonl` before the last round of rules, looked at once). Each has its own name lists, templates, shapes of
identifiers and typo model. Not here: measuring.
"""
