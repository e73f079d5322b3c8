import os


def handle(event, context):
    print(os.environ["KEY"])
