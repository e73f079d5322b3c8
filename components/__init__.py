"""Component resources of the project, and the settings they take."""
