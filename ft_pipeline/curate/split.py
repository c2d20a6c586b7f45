"""Draws the sides: incoming sample, eval, validation, train, and keeps what must not be trained on out of training.

Here: draws by salted hash, the append-only memory of eval questions, who is held out with whom.
Not here: counting leaks afterwards (leaks): that is a check of its own which shares no code with the draw.

The unit is the cluster: all questions that a chain of near-same questions connects. A cluster's draw depends on its
smallest form and the salt alone, so more tickets do not move what was drawn before; a question that was eval once
stays eval by its fingerprint.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from heapq import nsmallest

from ft_pipeline.curate.rows import Candidate, CurateError, Refused
from ft_pipeline.curate.similar import Neighbours
from ft_pipeline.curate.wording import unit_draw
from ft_pipeline.task import Data

NEAR = 0.6  # Jaccard similarity from which two questions never stand on two sides
_STAGE = "curate.split"
_STRATIFIED_FROM = 8  # pairs; a larger intent gives at least one cluster to eval
_MOST_OF_SAMPLE = 10  # at most every tenth ticket goes into the incoming sample


def draw_incoming(keys: Sequence[tuple[str, str]], data: Data) -> frozenset[tuple[str, str]]:
    """A random sample of raw tickets, before anything was filtered."""
    size = min(data.incoming_sample, len(keys) // _MOST_OF_SAMPLE)
    return frozenset(nsmallest(size, keys, key=lambda key: (unit_draw(data.split_salt, "incoming", *key), key)))


def name_clusters(neighbours: Neighbours, fingerprints: Sequence[str]) -> list[str]:
    """For each form the id of its cluster: the smallest fingerprint of its forms."""
    smallest: dict[int, str] = {}
    for hashed, root in zip(fingerprints, neighbours.component, strict=True):
        smallest[root] = min(smallest.get(root, hashed), hashed)
    return [smallest[root] for root in neighbours.component]


def draw_sides(candidates: Sequence[Candidate], data: Data, remembered: Collection[str]) -> None:
    """Writes train, validation or eval into each candidate.

    Args:
        candidates: deduplicated pairs with cluster and intent.
        data: shares and salt.
        remembered: clusters that hold a question which was eval before.
    """
    draws = {
        cluster: unit_draw(data.split_salt, "eval", cluster) for cluster in {item.cluster_id for item in candidates}
    }
    is_eval = {cluster for cluster, value in draws.items() if value < data.eval_share} | set(remembered)
    by_intent: dict[str, list[Candidate]] = defaultdict(list)
    for item in candidates:
        by_intent[item.intent].append(item)
    for intent in sorted(by_intent):
        clusters = {item.cluster_id for item in by_intent[intent]}
        if (
            data.eval_share
            and len(by_intent[intent]) >= _STRATIFIED_FROM
            and len(clusters) > 2
            and not clusters & is_eval
        ):
            is_eval.add(min(clusters, key=lambda cluster: (draws[cluster], cluster)))
    for item in candidates:
        if item.cluster_id in is_eval:
            item.split = "eval"
        else:
            value = unit_draw(data.split_salt, "validation", item.cluster_id)
            item.split = "validation" if value < data.validation_share else "train"


def hold_out(
    candidates: Sequence[Candidate],
    *,
    data: Data,
    sampled_clusters: Collection[str],
    near_held_out: Collection[int],
    forms: Sequence[int],
) -> None:
    """Refuses what stands too near to eval or to the incoming sample.

    Args:
        candidates: pairs with their side.
        data: the ceiling of what eval may hold out.
        sampled_clusters: clusters of the questions in the incoming sample.
        near_held_out: forms that are near-same to a held-out question.
        forms: for each candidate its number of form.

    Raises:
        CurateError: more pairs would be held out than `data.held_out_ceiling` allows.
    """
    customers = {item.ticket.customer_id for item in candidates if item.split == "eval"} - {""}
    held = 0
    for item, form in zip(candidates, forms, strict=True):
        if item.split == "eval":
            continue
        if item.ticket.customer_id in customers:
            item.refused = Refused(_STAGE, "held_out_with_eval", "its customer is in eval")
        elif form in near_held_out:
            item.refused = Refused(_STAGE, "held_out_with_eval", "near-same to a held-out question")
        elif item.cluster_id in sampled_clusters:
            item.refused = Refused(_STAGE, "held_out_with_incoming_sample")
        held += item.refused is not None and item.refused.reason == "held_out_with_eval"
    if candidates and held > data.held_out_ceiling * len(candidates):
        share = held / len(candidates)
        raise CurateError(
            f"{held} of {len(candidates)} pairs ({share:.0%}) would be held out together with eval, expected at most "
            f"{data.held_out_ceiling:.0%} (data.held_out_ceiling); lower data.eval_share, or raise the ceiling if few "
            "customers write most tickets"
        )


def remembered_clusters(fingerprints: Sequence[str], clusters: Sequence[str], prior: frozenset[str]) -> frozenset[str]:
    """The clusters that hold a question which was eval in an earlier refresh.

    Args:
        fingerprints: of each form.
        clusters: of each form.
        prior: fingerprints of the questions that were eval.
    """
    return frozenset(cluster for mark, cluster in zip(fingerprints, clusters, strict=True) if mark in prior)


def near_of(neighbours: Neighbours, forms: Collection[int], threshold: float) -> frozenset[int]:
    """Forms at or above a threshold to one of the given forms, these included."""
    return frozenset(other for form in forms for other in neighbours.near_forms(form, threshold))
