"""Many seeds of one variant: how often, how bad, and with which seed.

| module | holds |
| --- | --- |
| `sample` | what is kept of one run: its figures, what was expected, what it breaks |
| `columns` | the samples of many runs, a column for each figure: memory is flat |
| `spread` | median, percentiles, the worst and its seed; shares with an interval |
| `pairs` | two variants with the same seeds: which differences are real |
| `shrinking` | the smallest case that still fails, whatever a case is |
| `simpler` | simpler workloads than a given one |
| `settings` | settings of a stack file, with AWS's defaults |
| `processes` | how processes begin that share work |
| `workers` | a process for each core, each with its share of the seeds |
"""
