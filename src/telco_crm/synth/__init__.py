"""Sample data of a whole operator, with known truth: for trying the toolkit out, for its tests and its
benchmarks.
"""

from telco_crm.synth.options import SampleOptions, SampleReport
from telco_crm.synth.sample import generate

__all__ = ["SampleOptions", "SampleReport", "generate"]
