"""Reports."""


def run(event, _context):
    """Say what is asked for."""
    print("report", event["day"])
