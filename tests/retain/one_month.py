"""Rules under which plans can be worked out by hand."""

# A contact costs 1; a month's ARPU is worth 0.5.
ONE_MONTH = """
[rules.retention]
contact_cost = 1
[rules.assessment]
margin = 1.0
horizon_months = 1
discount = 0
monthly_churn = 0.5
"""
