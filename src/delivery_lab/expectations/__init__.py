"""What a run has to come to: `messages.lost == 0`, written by users, read without running any of it.

| module | holds |
| --- | --- |
| `expressions` | arithmetic over figures, and how it is read from text |
| `expectation` | two expressions and a comparison; whether it holds |

Which figures there are is said by `results.named_figures`: this package knows names only as they are written.
"""
