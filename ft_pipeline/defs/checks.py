"""One asset check per contract rule: shows the report that lies beside the version; ERROR rules block.

Here: contract report -> Dagster check results. Not here: running the rules (contracts, in the step that publishes).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from ft_pipeline import contracts
from ft_pipeline.contracts import Contract, RuleResult
from ft_pipeline.evaluate.decision import RULES
from ft_pipeline.steps import Project
from ft_pipeline.store import MEASURED, read_json

CONTRACTED = ("raw_transcripts", "cleaned_qa_pairs", "eval_set", "synthetic_augmentation", "training_set")


def build_checks(project: Project, *, key_prefix: list[str]) -> list[dg.AssetChecksDefinition]:
    """The checks of every asset with a contract, and the promotion rules of eval_report."""
    contracted = [_contract_checks(project, asset, key_prefix=key_prefix) for asset in CONTRACTED]
    adapter = _adapter_checks(project, key_prefix=key_prefix)
    machine = _machine_check(project, key_prefix=key_prefix)
    return [*contracted, machine, adapter, _promotion_checks(project, key_prefix=key_prefix)]


def _adapter_checks(project: Project, *, key_prefix: list[str]) -> dg.AssetChecksDefinition:
    """What the loss was on, decoded from the labels that are not masked; proven before the first step."""
    key = dg.AssetKey([*key_prefix, "lora_adapter"])

    @dg.asset_check(
        asset=key,
        name="loss_on_the_answer_only",
        blocking=True,
        description="Decoded from the labels of every row: the loss covers the answer and its end, and nothing else",
    )
    def loss_on_the_answer_only() -> dg.AssetCheckResult:
        facts = project.store.need("lora_adapter").facts
        proof, rows = facts["learned"], facts["rows"]
        return dg.AssetCheckResult(
            passed=proof["rows"] >= rows["train"] + rows["validation"],
            metadata={
                "rows": proof["rows"],
                "learned_tokens": proof["learned_tokens"],
                "masked_tokens": proof["masked_tokens"],
                "sample_learned": proof["learned"],
                "sample_masked": proof["not_learned"],
            },
        )

    return loss_on_the_answer_only


def _contract_checks(project: Project, asset: str, *, key_prefix: list[str]) -> dg.AssetChecksDefinition:
    contract = contracts.load_contract(asset)
    key = dg.AssetKey([*key_prefix, asset])
    specs = [
        dg.AssetCheckSpec(
            rule.id,
            asset=key,
            description=rule.description,
            blocking=rule.severity == "error",
            metadata={"contract": contract.hash()[:16], "severity": rule.severity, "dimension": rule.dimension},
        )
        for _, rule in contract.rules()
    ]

    @dg.multi_asset_check(name=f"{'_'.join([*key_prefix, asset])}_contract", specs=specs, can_subset=True)
    def contract_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        report = contracts.read_report(project.store.need(asset))
        results = {result.rule: result for result in report.results}
        for selected in sorted(context.selected_asset_check_keys, key=lambda item: item.name):
            yield _shown(results[selected.name], selected, contract)

    return contract_checks


def _shown(result: RuleResult, selected: dg.AssetCheckKey, contract: Contract) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=selected.asset_key,
        check_name=selected.name,
        passed=result.status != "failed",
        severity=dg.AssetCheckSeverity.ERROR if result.severity == "error" else dg.AssetCheckSeverity.WARN,
        description=f"{result.status}: {result.description}",
        metadata={
            "status": result.status,
            "observed": result.observed,
            "expected": result.expected,
            "failing_rows": result.failing_rows,
            "failing_keys": dg.MetadataValue.json(list(result.failing_keys)),
            "contract": f"{contract.id} {contract.version}",
        },
    )


def _machine_check(project: Project, *, key_prefix: list[str]) -> dg.AssetChecksDefinition:
    """The machine before the training: what would stop it blocks lora_adapter, with what to do."""

    @dg.asset_check(
        asset=dg.AssetKey([*key_prefix, "base_model_choice"]),
        name="machine_ready",
        description="Nothing on this machine stands in the way of the training (`ft-pipeline doctor`)",
        blocking=True,
    )
    def machine_ready() -> dg.AssetCheckResult:
        from ft_pipeline.base_model import TRAINING, preflight

        found = preflight(project.task, only=TRAINING)
        marks = {"ok": "OK", "warning": "!", "problem": "!!"}
        lines = [f"| {marks[item.level]} | {item.title} | {item.found} | {item.do} |" for item in found]
        problems = [item for item in found if item.level == "problem"]
        return dg.AssetCheckResult(
            passed=not problems,
            severity=dg.AssetCheckSeverity.ERROR,
            description="; ".join(f"{item.title}: {item.found} → {item.do}" for item in problems) or "OK",
            metadata={"machine": dg.MetadataValue.md("\n".join(["| | | | |", "|---|---|---|---|", *lines]))},
        )

    return machine_ready


def _promotion_checks(project: Project, *, key_prefix: list[str]) -> dg.AssetChecksDefinition:
    """Every promotion rule as a check of its own; a decision is not a failure, so none of them blocks."""
    key = dg.AssetKey([*key_prefix, "eval_report"])
    specs = [dg.AssetCheckSpec(name, asset=key, description="Promotion rule") for name in RULES]

    @dg.multi_asset_check(name=f"{'_'.join([*key_prefix, 'eval_report'])}_promotion", specs=specs, can_subset=True)
    def promotion_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        result = read_json(project.store.need("eval_report").file(f"{MEASURED}/result.json"))
        rules: dict[str, dict[str, Any]] = {rule["rule"]: rule for rule in result["decision"]["rules"]}
        for selected in sorted(context.selected_asset_check_keys, key=lambda item: item.name):
            rule = rules.get(selected.name)
            found = rule["found"] if rule else "this rule is not asked for by task.yaml"
            yield dg.AssetCheckResult(
                asset_key=selected.asset_key,
                check_name=selected.name,
                passed=rule is None or rule["is_met"] is True or (rule["is_met"] is None and not rule["is_required"]),
                severity=dg.AssetCheckSeverity.WARN,
                description=found,
                metadata={"found": found, "expected": rule["expected"] if rule else "–"},
            )

    return promotion_checks
