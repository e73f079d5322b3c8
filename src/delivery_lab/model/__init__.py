"""AWS in virtual time: the clock, queues, functions and event source mappings."""
