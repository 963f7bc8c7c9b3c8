"""The jobs that look at what a run left."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from telco_crm.output.report.dossier import as_data, dossier, print_dossier
from telco_crm.output.report.source import REPORT, of_folder, read_manifest
from telco_crm.output.staging import OutputFile
from telco_crm.outputs import OUTPUTS


def run_report(folder: Path, target: str | None, lang: str | None, before: Path | None) -> str:
    """The report over a folder of results, into `target` (else into the folder); where it went. `before` is the folder
    of the run of the month before.

    Raises:
        TelcoError: the folder cannot be read, or the target not be written; nothing was written then.
    """
    place = target or str(folder / REPORT)
    page = of_folder(folder, lang, before)
    with OutputFile(place) as file:
        file.temp.write_text(page, encoding="utf-8")
        file.commit()
    return place


def run_show(folder: Path, subscriber: str, as_json: bool, lang: str | None) -> None:
    """What a folder of results says about a subscriber, on standard output.

    Raises:
        TelcoError: the folder cannot be read, or does not know the subscriber.
    """
    language = lang or read_manifest(folder).get("parameters", {}).get("lang", "en")
    found = dossier(folder, subscriber, [name for name, order in OUTPUTS.items() if order.startswith("subscriber_id")])
    if as_json:
        whole = {"subscriber_id": subscriber, **as_data(found)}
        sys.stdout.write(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
        return
    print_dossier(Console(width=None if sys.stdout.isatty() else 120), found, subscriber, language)
