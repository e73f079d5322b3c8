"""What `delivery-lab init` reads of a stack and of handlers to write a first workload."""
