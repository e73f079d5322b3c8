import os


def handle(event, context):
    print(len(event["Records"]), os.environ["MODE"])
