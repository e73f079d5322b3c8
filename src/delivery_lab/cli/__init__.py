"""The command `delivery-lab`."""
