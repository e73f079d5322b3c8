"""Two variants side by side: settings, resources, behaviour."""
