"""The feature table as a schema: for writing it, and for the data dictionary."""

from __future__ import annotations

from telco_crm.features.catalog import Catalog, Feature
from telco_crm.schema import Column, ColumnType, Schema, load_schema

COUNTED_UNITS = {
    "calls",
    "messages",
    "sessions",
    "records",
    "days",
    "contacts",
    "events",
    "months",
    "plans",
    "services",
    "0/1",
}


def feature_schema(catalog: Catalog) -> Schema:
    """Columns of the feature table: subscriber_id, month, then every feature in the catalogue's order."""
    shared = load_schema("segments").columns
    columns = {
        "subscriber_id": shared["subscriber_id"],
        "month": shared["month"].model_copy(update={"about": "The month of the row."}),
    }
    columns |= {
        name: Column(type=_type(f), en=f.en, zh=f.zh, about=f.about or f.definition, unit=f.unit)
        for name, f in catalog.features.items()
    }
    return Schema(
        name="features",
        en="Features",
        zh="特征",
        about="One row per subscriber and month with a usage record, bill or service event.",
        columns=columns,
        key=("subscriber_id", "month"),
    )


def _type(feature: Feature) -> ColumnType:
    if feature.unit == "text":
        return "text"
    return "int" if feature.unit in COUNTED_UNITS else "number"
