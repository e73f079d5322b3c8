"""What goes off at times: EventBridge Scheduler, and rules with a schedule expression."""
