"""The page: content into HTML, with its style, script and the chart library inside."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from telco_crm.labels import text

LIBRARY = "echarts.min.js"  # Apache ECharts 6.1.0, npm package echarts, file dist/echarts.min.js, as it is


def page(content: dict[str, Any]) -> str:
    """The report as one HTML page that asks nothing of any network; equal content gives equal bytes."""
    scripts = {"library": _file(LIBRARY), "script": _file("page.js")}
    hashes = " ".join(f"'sha256-{b64encode(sha256(s.encode()).digest()).decode()}'" for s in scripts.values())
    policy = f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_file("page.html.j2"))

    def words(key: str, **values: Any) -> str:
        return text(f"report.{key}", content["lang"], **values)

    inside = {name: Markup(script) for name, script in scripts.items()}  # noqa: S704 - files of this package
    style = Markup(_file("page.css"))  # noqa: S704 - a file of this package
    return template.render(**content, **inside, style=style, policy=policy, words=words)


def _file(name: str) -> str:
    return (resources.files("telco_crm.output.report") / "page" / name).read_text("utf-8")
