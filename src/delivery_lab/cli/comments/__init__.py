"""What a pull request is told: comments in Markdown, and expectations as JUnit's test cases.

| module | holds |
| --- | --- |
| `markdown` | what comments are made of: the hidden first line, tables, details, and that a text means itself |
| `differences` | the comment of `diff` |
| `findings` | the comment of `check` |
| `explorations` | the comments of `explore` and of `diff --seeds` |
| `junit` | the document of `--format junit` |
"""
