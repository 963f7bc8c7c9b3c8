"""Jobs of the grouping model."""

from __future__ import annotations

from pathlib import Path

from telco_crm.errors import CannotCompute, TelcoError
from telco_crm.output.staging import OutputFile
from telco_crm.results import Clock, Inputs, Result, result_of
from telco_crm.rulebook import check_rules
from telco_crm.segment.fitting import fitted, own_scheme
from telco_crm.segment.model import SegmentModel
from telco_crm.segment.settings import SegmentRules
from telco_crm.session import Settings, analyse, loaded


def run_segment_fit(inputs: Inputs, settings: Settings, target: Path, previous: Path | None) -> Result:
    """A grouping model fitted on the months up to the as-of month, into `target`.

    Raises:
        TelcoError: the data does not allow a model; the message says what is missing.
    """
    clock = Clock()
    check_rules(settings.config)
    former = SegmentModel.load(previous) if previous else None
    with OutputFile(str(target)) as file, loaded(*inputs, settings) as data:
        context, _ = analyse(data, ())
        rules = context.rules(SegmentRules, "segment")
        if not context.has("usage"):
            raise TelcoError("segment fit: no model, because it needs usage")
        try:
            model = fitted(context, rules, own_scheme(context, rules), former)
        except CannotCompute as why:
            raise TelcoError(f"segment fit: no model, because {why}") from None
        model.save(file.temp)
        file.commit()
        result = result_of(data, context)
        result.rows |= {"groups": len(model.group_shares), "subscribers": model.rows}
        result.seconds = clock.seconds
    return result
