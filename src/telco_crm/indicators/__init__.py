"""bandicoot's indicators of individuals, places and recharges, for many subscribers at once."""
