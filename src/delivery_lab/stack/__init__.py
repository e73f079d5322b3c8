"""The typed stack: what a graph deploys, read once, for every reader (checks, simulation, policy pack)."""
