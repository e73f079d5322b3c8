"""What CloudWatch would show of a run, and which alarms of the stack would go off.

`queues`, `invokes` and `lag` say what each metric shows, `evaluation` when an alarm goes off, `noticed` puts them
together.
"""
