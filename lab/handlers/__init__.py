"""The real code of Lambda functions, run in virtual time."""
