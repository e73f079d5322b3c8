"""The command as `python -m delivery_lab`: the same as `delivery-lab`."""

from delivery_lab.cli.__main__ import run

if __name__ == "__main__":
    run()
