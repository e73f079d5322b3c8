"""Runs of stacks in real places, put together of real resources and of the decisions of the model."""
