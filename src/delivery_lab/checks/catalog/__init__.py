"""Our checks, a module for each theme.

Every class of these modules that is a whole `Check` is found by `delivery_lab.checks.registry`; nothing lists them.
Modules here import no Pulumi: `delivery-lab explain CHK-VT-1` reads them, and is to answer at once.
"""
