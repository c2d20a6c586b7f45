"""«Верстовик», an invented Russian freight forwarder: a year of support tickets, documents, evaluation questions.

Here: the intents and their hand-written wordings (YAML), the people, the noise and the play that turns them into
tickets; all of it a function of one seed. Not here: the pipeline; the files are read like those of any other company.
"""

from ft_pipeline.demo.company.write import CompanyFiles, write_company

__all__ = ["CompanyFiles", "write_company"]
