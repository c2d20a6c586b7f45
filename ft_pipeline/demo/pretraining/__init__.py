"""How the embedded base model is made from nothing: text of invented companies, a tokenizer, a training loop, a card.

Here: everything that `make base-model` runs. Not here: the demo company, its facts, its wordings and its evaluation;
`contamination` reads them only to keep them out of the pre-training text.
"""
