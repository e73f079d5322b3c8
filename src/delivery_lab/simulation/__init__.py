"""A variant in virtual time: from a stack to a model, from a workload to arrivals, one run."""
