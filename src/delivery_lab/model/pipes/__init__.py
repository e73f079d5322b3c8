"""EventBridge Pipes: what they make of the records of a source, and to whom they hand these on."""
