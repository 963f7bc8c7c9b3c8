"""What subscribers are worth: tiers, VIP levels, lifecycle, scenario tags and customer value (domain section 8)."""
