"""The components as a Pulumi package, which other projects add: `pulumi package add <this repository>`.

`arguments` says what each component takes, made of the settings of our own stacks; `args` is the same as types, written
by `scripts/write_components.py`; a module for each component puts it together; `provider` serves them to the engine.
"""
