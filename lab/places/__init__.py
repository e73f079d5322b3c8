"""Where a variant can run."""
