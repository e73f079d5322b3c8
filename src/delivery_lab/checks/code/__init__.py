"""Reading the code of functions, without running it, for what their configuration has to fit to."""
