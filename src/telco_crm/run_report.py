"""The jobs that look at what a run left."""

from __future__ import annotations

from pathlib import Path

from telco_crm.output.report.source import of_folder
from telco_crm.output.staging import OutputFile
from telco_crm.run import REPORT


def run_report(folder: Path, target: str | None, lang: str | None) -> str:
    """The report over a folder of results, into `target` (else into the folder); where it went.

    Raises:
        TelcoError: the folder cannot be read, or the target not be written; nothing was written then.
    """
    place = target or str(folder / REPORT)
    page = of_folder(folder, lang)
    with OutputFile(place) as file:
        file.temp.write_text(page, encoding="utf-8")
        file.commit()
    return place
