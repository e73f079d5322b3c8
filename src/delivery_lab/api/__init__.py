"""The public API: what `import delivery_lab` offers, and what the command and the pytest plugin are written on.

| module | holds |
| --- | --- |
| `functions` | `simulate`, `check`, `diff`: one call, one answer |
| `lab` | `Lab`: a project that is opened once and asked many times |
| `simulated`, `examined`, `difference`, `redriven` | what a `Lab` answers, with everything that commands print |
| `quantify` | what the fix of a finding changes, tried in a simulation |
| `explaining` | `explain`: what a rule or a check says |
| `inputs` | the forms that settings, bodies and assumptions may be given in |
| `schema` | JSON Schemas of workloads and stack files |
"""
