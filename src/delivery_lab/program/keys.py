"""Keys of a stack file that the lab reads in the stack files of any project."""

from __future__ import annotations

ACCEPT_KEY = "delivery-lab:accept"
"""What a stack accepts of what checks find in it. Pulumi allows keys of foreign namespaces."""
