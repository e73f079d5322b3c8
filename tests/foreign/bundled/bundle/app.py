"""Works on jobs."""

import pathlib

made = pathlib.Path(__file__).with_name("made.txt").read_text()


def handler(event, _context):
    """Say what comes."""
    print(made, [record["body"] for record in event["Records"]])
