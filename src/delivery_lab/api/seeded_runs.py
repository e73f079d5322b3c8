"""Runs of one variant with many seeds: in a process, in several, or on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from delivery_lab.api.asked import Asked
from delivery_lab.api.lab import Lab
from delivery_lab.expectations.expectation import Expectation
from delivery_lab.explore.sample import Sample, sample_of
from delivery_lab.explore.workers import Sampling
from delivery_lab.simulation.prepared import Prepared
from delivery_lab.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class SeededRuns:
    """Makes a process ready to run seeds of one variant: the program is evaluated once in each."""

    lab: Lab
    asked: Asked
    expectations: tuple[Expectation, ...]

    @contextmanager
    def __call__(self) -> Iterator[Sampling]:
        """What runs a seed."""
        call = self.asked.call
        graph, workload = self.asked.deployed(self.lab.graph(call.stack, call.overrides, self.asked.program))
        with Prepared(Stack.of(graph), self.lab.project.root) as prepared:

            def sampling(seed: int) -> Sample:
                return sample_of(prepared.simulate(workload, seed, self.asked.assumptions), self.expectations)

            yield sampling
