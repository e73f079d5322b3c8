"""Every rule of behaviour, with its source and its status."""
