"""The assets of one task: each body rings for one step and shows what it published.

Here: keys, dependencies, descriptions, what is shown. Not here: work on data (steps and stages), gates (checks).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import dagster as dg

from ft_pipeline import steps
from ft_pipeline.defs import pictures
from ft_pipeline.defs.shown import counted, counts, markdown, materialized, source_table
from ft_pipeline.steps import Project, reviewing
from ft_pipeline.store import MEASURED

# A quarter has at most 92 days; the schedule asks once in each.
_FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=100), warn_window=timedelta(days=93))


class RefreshConfig(dg.Config):
    """Run configuration of `raw_transcripts`."""

    as_of: str = ""  # ISO-8601 time; tickets up to that moment; "" = up to the newest ticket


def build_assets(project: Project, *, key_prefix: list[str]) -> list[dg.AssetsDefinition]:
    """All assets of a task, in the order in which data flows."""
    return [*_data_assets(project, key_prefix), *_model_assets(project, key_prefix)]


def _data_assets(project: Project, prefix: list[str]) -> list[dg.AssetsDefinition]:
    @dg.asset(
        key_prefix=prefix,
        group_name=project.task.name,
        kinds={"python", "parquet"},
        freshness_policy=_FRESH,
    )
    def raw_transcripts(context: dg.AssetExecutionContext, config: RefreshConfig) -> dg.MaterializeResult[Any]:
        """Every message, document and held-out question of every source, as it was read. Holds personal data."""
        as_of = datetime.fromisoformat(config.as_of) if config.as_of else None
        version = steps.publish_raw_transcripts(project, as_of=as_of, progress=context.log.info)
        reasons = counted("reason", version.facts["reasons"])
        shown = counts(version, "as_of", "tickets", "rows_in", "rows_out", "rows_rejected")
        sources = markdown(source_table(version.facts["sources"]))
        return materialized(version, {**shown, "sources": sources, "rejected": reasons})

    @dg.asset(key_prefix=prefix, group_name=project.task.name, kinds={"python", "parquet"}, deps=[raw_transcripts])
    def cleaned_qa_pairs(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """Self-contained, redacted question-answer pairs with evidence, intent and split."""
        version = steps.publish_cleaned_qa_pairs(project, progress=context.log.info)
        shown = counts(version, "tickets_in", "pairs", "tickets_rejected", "intents", "residue_rows")
        return materialized(
            version,
            {
                **shown,
                "rejected": counted("reason", version.facts["reasons"]),
                "splits": counted("split", version.facts["splits"]),
                "funnel": markdown(pictures.funnel(version.facts["funnel"], language=project.task.language)),
            },
        )

    @dg.asset(key_prefix=prefix, group_name=project.task.name, kinds={"python", "parquet"}, deps=[cleaned_qa_pairs])
    def eval_set(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """Unseen questions with references: held-out ticket clusters and hand-written questions."""
        version = steps.publish_eval_set(project, progress=context.log.info)
        shown = counts(version, "rows", "in_scope_rows")
        return materialized(
            version,
            {
                **shown,
                "strata": counted("stratum", version.facts["strata"]),
                "rejected": counted("reason", version.facts["reasons"]),
            },
        )

    @dg.asset(key_prefix=prefix, group_name=project.task.name, kinds={"python", "parquet"}, deps=[cleaned_qa_pairs])
    def synthetic_augmentation(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """Synthetic rows from training pairs and documents; each inherits the side of its parent."""
        version = steps.publish_synthetic_augmentation(project, progress=context.log.info)
        return materialized(
            version,
            {
                **counts(version, "rows"),
                "methods": counted("method", version.facts["methods"]),
                "rejected": counted("reason", version.facts["reasons"]),
            },
        )

    @dg.asset(
        key_prefix=prefix,
        group_name=project.task.name,
        kinds={"python", "parquet"},
        deps=[cleaned_qa_pairs, synthetic_augmentation, eval_set],
    )
    def training_set(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """What the adapter learns from; leaks against the evaluation set are counted and block."""
        version = steps.publish_training_set(project, progress=context.log.info)
        shown = counts(version, "rows", "leaks_exact", "leaks_near", "leaks_same_customer", "leaks_synthetic_child")
        return materialized(version, {**shown, "origins": counted("origin", version.facts["origins"])})

    return [raw_transcripts, cleaned_qa_pairs, eval_set, synthetic_augmentation, training_set]


def _teller(say: Callable[[str], None], *, every_s: float = 10.0) -> Callable[[Mapping[str, Any]], None]:
    """Says training events in a line each; of the many `step` events one every `every_s` seconds."""
    said_at = 0.0

    def tell(event: Mapping[str, Any]) -> None:
        nonlocal said_at
        if event.get("event") == "step":
            if monotonic() - said_at < every_s:
                return
            said_at = monotonic()
        say(" · ".join(f"{name} {value}" for name, value in event.items() if name != "event") or str(event))

    return tell


def _model_assets(project: Project, prefix: list[str]) -> list[dg.AssetsDefinition]:
    def key(name: str) -> dg.AssetKey:
        return dg.AssetKey([*prefix, name])

    @dg.asset(key_prefix=prefix, group_name=project.task.name, kinds={"transformers"}, deps=[key("training_set")])
    def base_model_choice(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """The open base model that answers best within the memory budget, and why."""
        version = steps.publish_base_model_choice(project, progress=context.log.info)
        return materialized(version, {"chosen": version.facts["id"], "candidates": markdown(version.facts["table"])})

    @dg.asset(
        key_prefix=prefix,
        group_name=project.task.name,
        kinds={"pytorch", "huggingface"},
        deps=[key("training_set"), base_model_choice],
        pool=f"training_{project.task.name}",
        op_tags={"dagster/max_retries": "0"},
    )
    def lora_adapter(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """The LoRA adapter of the best epoch, chosen by generated validation answers."""

        version = steps.publish_lora_adapter(project, progress=context.log.info, on_event=_teller(context.log.info))
        words = version.facts.get(f"words_{project.task.language}", "")
        shown = {"what_happened": words, "panel": markdown(pictures.png(version.file("overfit_panel.png")))}
        return materialized(version, {**shown, **counts(version, "best_epoch", "trainable_share")})

    @dg.asset(
        key_prefix=prefix,
        group_name=project.task.name,
        kinds={"python"},
        deps=[key("eval_set"), key("training_set"), base_model_choice, lora_adapter],
    )
    def eval_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """Before, after and target on unseen questions, samples for the eyes, and the decision with its reasons."""
        version = steps.publish_eval_report(project, progress=context.log.info)
        pages = version.path / MEASURED
        return materialized(
            version,
            {
                **counts(version, "verdict", "release_id", "as_of"),
                "table": markdown((pages / "table.md").read_text(encoding="utf-8")),
                "samples": markdown((pages / "samples.md").read_text(encoding="utf-8")),
                "report": dg.MetadataValue.path(pages / "report.html"),
                "whole_report": markdown((pages / "report.md").read_text(encoding="utf-8")),
            },
        )

    @dg.asset(
        key_prefix=prefix, group_name=project.task.name, kinds={"fastapi"}, deps=[eval_report], output_required=False
    )
    def deployed_endpoint(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def] # a generator of Dagster events
        """The release that the gateway serves; skipped, with the reasons, where the decision is not to promote."""
        outcome = steps.deploy(project, progress=context.log.info)
        if not outcome.deployed:
            context.log.info(f"{outcome.verdict}: " + "; ".join(outcome.reasons))
            return
        yield dg.MaterializeResult(
            metadata={
                "release": outcome.release_id,
                "url": dg.MetadataValue.url(outcome.url),
                "proof": markdown(f"> {outcome.answer}"),
                "reasons": markdown("\n".join(f"- {reason}" for reason in outcome.reasons)),
                "signature": reviewing.review_line(outcome.review) if outcome.review else "–",
            },
            data_version=dg.DataVersion(outcome.release_id),
        )

    return [base_model_choice, lora_adapter, eval_report, deployed_endpoint]
