"""The picture of the competitor customers, alone."""

from __future__ import annotations

from telco_crm.errors import TelcoError
from telco_crm.output.staging import OutputFile
from telco_crm.results import Clock, Inputs, Result, result_of
from telco_crm.rulebook import check_rules
from telco_crm.run import analyses_for, why_not
from telco_crm.run_pictures import trend_picture
from telco_crm.session import Settings, analyse, loaded


def run_trend(inputs: Inputs, settings: Settings, target: str) -> Result:
    """Competitor customers by network, month by month, as SVG into `target`.

    Raises:
        TelcoError: the data does not allow it; nothing was written.
    """
    clock = Clock()
    check_rules(settings.config)
    with OutputFile(target, settings.temp_dir) as file, loaded(*inputs, settings) as data:
        context, impossible = analyse(data, analyses_for("prospect_totals"))
        if not context.has("prospect_totals"):
            raise TelcoError(f"prospects: no picture, because {why_not('prospect_totals', impossible)}")
        file.temp.write_text(trend_picture(context), encoding="utf-8")
        file.commit()
        result = result_of(data, context, impossible)
        result.rows["prospect_totals"] = context.engine.rows("SELECT count(*) FROM prospect_totals")[0][0]
        result.seconds = clock.seconds
    return result
