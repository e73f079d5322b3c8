"""Sizes of thumbnails."""

import os

SIZES = [int(size) for size in os.environ["SIZES"].split(",")]
