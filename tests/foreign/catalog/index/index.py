import os


def handle(event, context):
    print(f"{len(event['Records'])} from {os.environ['NETWORK']}")
