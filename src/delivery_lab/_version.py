"""The versions of the package and of the model: the one place where they stand."""

__version__ = "0.2.0"

MODEL_VERSION = "1.2"
"""Goes up whenever a change of the model changes results."""
