"""Makes thumbnails of uploads."""

import json

from sizes import SIZES


def handler(event, _context):
    """Say which thumbnails an upload gets; what is no picture fails."""
    for record in event["Records"]:
        upload = json.loads(record["body"])
        if not upload["name"].endswith(".jpg"):
            raise ValueError(upload["name"])
        print(upload["name"], SIZES)
