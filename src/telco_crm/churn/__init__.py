"""Early warning of churn: signals, model, rule score, reasons, back-test."""
