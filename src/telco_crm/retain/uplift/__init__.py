"""Uplift: who is worth contacting, learnt from past randomised campaigns."""
