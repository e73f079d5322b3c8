"""Works on jobs; where one asks for it, says where."""

import os


def handler(event, _context):
    """Say what comes."""
    for record in event["Records"]:
        print(os.environ["VPC"] if record["body"] == "where" else record["body"])
