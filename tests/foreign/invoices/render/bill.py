import json

from money import in_words


def render(event, _context):
    for record in event["Records"]:
        bill = json.loads(record["body"])
        print(bill["id"], in_words(bill["cents"]))
