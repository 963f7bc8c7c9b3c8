"""ARPU bands and behavioural groups; for use from Python, the estimator and the inputs that it takes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telco_crm.segment.behaviour import BehaviourSegmenter
    from telco_crm.segment.inputs import behaviour_inputs

__all__ = ["BehaviourSegmenter", "behaviour_inputs"]
PLACES = {"BehaviourSegmenter": "behaviour", "behaviour_inputs": "inputs"}


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: scikit-learn takes a while, and most of what is in here does without."""
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
