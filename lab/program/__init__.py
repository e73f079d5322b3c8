"""The Pulumi program, run without the CLI: configuration, embedded engine, resource graph."""
