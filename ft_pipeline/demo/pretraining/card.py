"""The base model's card: what it is, how it was made, what it is not.

Reads the manifest's figures. Writes README.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

_CARD = """\
---
language: ru
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---

# The embedded base model

A very small Russian language model ({parameters:,} parameters, bf16 safetensors) that was trained from nothing for
this project, so that the whole pipeline (fine-tuning, evaluation, serving) runs in minutes on a laptop without network
or GPU. It is the *stand-in for a real open-weight model*, and shows how such a model behaves. For
your own company take a real one: see `base_model` in `task.yaml`.

## How it was made

- **Architecture**: Llama, tied embeddings, 512 positions; own byte-level BPE of 4,096 tokens in which every digit is a
  token; own chat template with a `generation` block (end of turn inside the loss mask).
- **Text**: {tokens:,} tokens, generated from seed {seed}. The sources are hand-written for this project: {topics}
  topics with {wordings:,} ways to ask (support of invented companies: parcels, freight, banking, shops, utilities and
  more), a lexicon of synonyms, lists of greetings and side remarks. Every conversation has its own invented
  company with its own random prices, terms, phones. Customers' turns are mistyped in many manners (slips, spelling by
  ear, no punctuation, wrong keyboard layout, Latin letters).
- **Exercises**: answering; naming the topic; repairing a badly typed text; asking the same in other words; telling
  whether two questions are the same; naming words of like meaning.
- **Teachers**: for single words the open navec vectors (`navec_news_v1_1B_250K_300d_100q`, MIT licence, shipped in
  natasha's wheel): at the last token of each word, halfway up the layers, the model learned to predict the vector of
  the word that was *meant*. For a whole question the weighted sum of its words' vectors and lemmas, predicted below the
  last layer. The heads and the vectors are not part of this model.
- **Stage 0**: the token embeddings alone, from {heap_questions:,} questions as heaps of tokens (topic, word meaning).
- **Stage 1**: the whole model: next token + word meaning + gist of the question + topic; Muon for the matrices, AdamW
  for the rest; fp32 master weights; one CPU thread. `make base-model` repeats it. The shipped weights were made in two
  sittings (the first {first_sitting_tokens:,} tokens with a smaller weight of the topic loss), and BPE
  dropout is drawn unseeded by the tokenizer library: a repetition gives a like model, not the same bytes.

{corpora}

## What it is not

- It knows nothing about the world and nothing about any real company. Ask it anything untuned, and it answers fluently
  with **invented facts**: never serve it without fine-tuning and evaluation.
- It is too small to learn new facts from documents in the prompt, to reason, to count or to speak any other language.
- It was made for short support questions; 512 tokens is its whole view.

## The demo company was kept out

All {protected_texts:,} wordings, evaluation questions and answers of the demo company were compared with the
hand-written sources and with generated turns ({threshold}).

| compared | texts | too near |
|---|---|---|
| hand-written wordings and answers | {handwritten_texts_compared:,} | {handwritten_texts_dropped:,} (dropped) |
| generated turns (sample) | {generated_turns_compared:,} | {generated_turns_near:,} |

During training every conversation was compared as well, and {conversations_left_out:,} that came too near
were left out.

**Not made blind.** No text of the demo company is in the pre-training text, as measured above. But whoever wrote the
lists of ways to mistype, the synonyms and the side remarks had read the company's wordings and evaluation questions
before, snapshots were scored on the evaluation questions while the recipe was developed, and stage 0 was tried on the
company's training wordings. Read the demo's figures as those of a development set.

The *subject* is not kept out: freight and parcel delivery of other, invented companies is among the topics, as a real
base model has also read about logistics.

## How well it understands before any tuning

Wordings that were held out of the pre-training text ({questions:.0f}, of the same topics): the topic is named rightly
for {topic_named_clean:.0%} of them as written and {topic_named_noisy:.0%} when mistyped
({topics} topics, many of them neighbours; the held-out wordings are the last and oddest of each list). A proxy, taken
from a head that is not shipped; what counts is the evaluation after fine-tuning.

## Licences

Weights, texts and code: Apache-2.0, like the project. The word vectors used as a teacher: navec, MIT.
"""


def write_card(folder: Path, report: dict[str, Any]) -> None:
    """Write README.md beside the model from the figures of its manifest."""
    stages = "\n".join(
        f"- from token {stage['from_token']:,}: {stage['topics']} topics, {stage['wordings']:,} wordings, "
        f"sha256 `{stage['sha256'][:16]}…`"
        for stage in report["corpora"]
    )
    last = report["corpora"][-1]
    figures = {**report, **report["contamination"], **report["held_out_wordings"]}
    figures |= {"topics": last["topics"], "wordings": last["wordings"]}
    figures["corpora"] = f"The hand-written sources as they were read:\n\n{stages}"
    (folder / "README.md").write_text(_CARD.format(**figures), encoding="utf-8")
