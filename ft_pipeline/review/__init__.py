"""Own eyes: a blind sheet of answers goes out, a filled and signed one comes back and is checked, unblinded, compared.

Reads answers of the arms and files that people filled in; writes the sheet as XLSX and HTML. Not here: which questions
are drawn (report), where sheets lie (the caller), what is recorded (ledger), what a signature allows (deployment).
"""

from ft_pipeline.review.agreement import Agreement, cohen_kappa
from ft_pipeline.review.arrival import DeployDecision, decide_deploy
from ft_pipeline.review.checking import CheckedReview, check
from ft_pipeline.review.filled import FilledRow, FilledSheet, ReviewError
from ft_pipeline.review.form import form_html, read_form
from ft_pipeline.review.sheet import BlindSheet, Key, KeyRow, Question, SheetRow, make_sheet
from ft_pipeline.review.unblinding import Unblinded, unblind
from ft_pipeline.review.workbook import read_workbook, write_workbook

__all__ = [
    "Agreement",
    "BlindSheet",
    "CheckedReview",
    "DeployDecision",
    "FilledRow",
    "FilledSheet",
    "Key",
    "KeyRow",
    "Question",
    "ReviewError",
    "SheetRow",
    "Unblinded",
    "check",
    "cohen_kappa",
    "decide_deploy",
    "form_html",
    "make_sheet",
    "read_form",
    "read_workbook",
    "unblind",
    "write_workbook",
]
