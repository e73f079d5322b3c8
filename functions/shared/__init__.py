"""Code that the functions of this project share; shipped in a layer as `/opt/python/shared`."""
