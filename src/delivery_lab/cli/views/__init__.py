"""How results look: on a terminal of any width, in a pipe, and as JSON."""
