"""Event source mappings: what reads a source, invokes a function and answers the source (semantics.md section B).

The decisions (`decisions`, `filters`, `scaling`) are pure: they know neither clock nor queue, so whoever polls, in
virtual time or in real time, decides by the same code.
"""
