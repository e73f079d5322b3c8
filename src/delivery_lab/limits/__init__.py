"""What AWS allows: every bound, default and enum, and every rule across settings, once, each with its rule id.

Checks, the simulation, the model and the policy pack read them here. The components work without this package in a
plain Pulumi project, so they have bounds of their own; a test holds them to these.
"""
