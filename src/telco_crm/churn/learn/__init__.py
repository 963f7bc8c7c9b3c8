"""The learner behind the churn model: any wide table in, a readable additive model out. Knows nothing of telecoms."""
