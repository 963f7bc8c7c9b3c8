"""The cut points of the value scores, as rules for later months."""

from __future__ import annotations

from telco_crm.catalog import ANALYSES
from telco_crm.errors import TelcoError
from telco_crm.output.staging import OutputFile
from telco_crm.results import Clock, Inputs, Result, result_of
from telco_crm.session import Settings, analyse, loaded
from telco_crm.value.tiers import FACT


def run_cuts(inputs: Inputs, settings: Settings, target: str) -> Result:
    """The cut points of the as-of month into `target`, as TOML to be put into telco-crm.toml.

    Raises:
        TelcoError: the data does not allow scores; nothing was written.
    """
    clock = Clock()
    with loaded(*inputs, settings) as data, OutputFile(target, data.engine.temp_path("")) as file:
        context, impossible = analyse(data, [a for a in ANALYSES if a.name in ("profile", "value tiers")])
        if FACT not in context.facts:
            raise TelcoError(f"value: there are no cut points, because {'; '.join(impossible.values())}")
        lines = [f"# Cut points of the value scores of {context.as_of}, for later months.", ""]
        for name, cuts in context.facts[FACT].items():
            lines += [f"[rules.value.measures.{name}]", f"cuts = {list(map(float, cuts))}", "quantiles = []", ""]
        file.temp.write_text("\n".join(lines), "utf-8")
        file.commit()
        result = result_of(data, context, impossible)
        result.rows["value_cuts"] = sum(map(len, context.facts[FACT].values()))
        result.seconds = clock.seconds
    return result
