"""What a run costs, and what a stack costs that does nothing.

Three steps: `counting` and `standing` say how much is used, `prices` what each costs, `bill` puts them together.
"""
