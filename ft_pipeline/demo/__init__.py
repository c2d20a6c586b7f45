"""The embedded company and the embedded base model: everything that the demo needs, without a network.

Here: an invented company with its tickets, documents and evaluation questions (company/), the text that the embedded
base model is pre-trained on (pretraining/) and its weights (base_model/). Not here: anything that a stage reads when
the task is not a demo.
"""
