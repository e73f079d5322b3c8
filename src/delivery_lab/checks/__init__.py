"""Static rules over the resource graph of any project: what is dangerous, why, and what to set instead."""
