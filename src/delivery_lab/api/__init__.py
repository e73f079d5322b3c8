"""The public API: what `import delivery_lab` offers, and the wiring between checks and simulation."""
