"""What a run shows: trace, outcome, comparison, text."""
