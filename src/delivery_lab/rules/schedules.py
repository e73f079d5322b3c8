"""Rules of EventBridge Scheduler, and of rules with a schedule expression."""

from delivery_lab.rules.rule import EVENTS_GUIDE, SCHEDULER_API, SCHEDULER_GUIDE, assumed, documented, observed

_TYPES = SCHEDULER_GUIDE + "schedule-types.html"
_TARGET = SCHEDULER_API + "API_Target.html"

RULES = (
    documented(
        "SCH-CRON-1",
        "A cron expression has six fields: minutes, hours, day of the month, month, day of the week (1 is Sunday), year; one of "
        "the two days is a question mark. Rules mean UTC.",
        EVENTS_GUIDE + "eb-scheduled-rule-pattern.html",
    ),
    documented(
        "SCH-ZONE-1",
        "Scheduler means the time zone that a schedule names. A time that the clocks leave out in spring is left out, and one "
        "that they show twice in autumn comes once.",
        _TYPES,
    ),
    documented(
        "SCH-RATE-1",
        "A rate of Scheduler begins at its start date, or at once.",
        _TYPES,
    ),
    assumed(
        "SCH-RATE-2",
        "A rule with a rate goes off for the first time one interval after the run has begun.",
        "AWS says that the rate starts when the rule is created, and not when it goes off first.",
    ),
    documented(
        "SCH-TIME-1",
        "Scheduler goes off within 60 s after the time, where it has no flexible window.",
        _TYPES,
    ),
    assumed(
        "SCH-TIME-2",
        "When within the minute or the window is drawn, each instant as likely as another; of rules too.",
        "AWS says within which time, and not how it is spread; of rules it says within the minute.",
    ),
    documented(
        "SCH-WINDOW-1",
        "With a flexible window a schedule goes off within so many minutes after its time. The mode FLEXIBLE needs its minutes, 1 to "
        "1,440. What Scheduler makes of minutes with the mode OFF is not said: a run in which the schedule goes off is refused.",
        SCHEDULER_API + "API_FlexibleTimeWindow.html",
    ),
    documented(
        "SCH-DATE-1",
        "A schedule does not go off before its start date or after its end date; one-time schedules ignore both.",
        SCHEDULER_API + "API_CreateSchedule.html",
    ),
    observed(
        "SCH-EVENT-1",
        "A rule that goes off makes an event with the source aws.events, the detail-type Scheduled Event, its own ARN among the "
        "resources and an empty detail.",
        "LocalStack's tests validated against AWS: https://github.com/localstack/localstack/blob/main/tests/aws/services/"
        "events/test_events_schedule.snapshot.json",
    ),
    documented(
        "SCH-INPUT-1",
        "The target of a schedule gets its input: a text, for functions and buses JSON.",
        _TARGET,
    ),
    assumed(
        "SCH-INPUT-2",
        "Without an input it gets an object like an event, with the source aws.scheduler, the schedule among the resources and "
        'the text "{}" as detail.',
        "AWS speaks of a default notification, and does not show it.",
    ),
    documented(
        "SCH-INPUT-3",
        "In an input the names of context attributes, such as <aws.scheduler.scheduled-time>, stand for their values.",
        SCHEDULER_GUIDE + "managing-schedule-context-attributes.html",
    ),
    documented(
        "SCH-ROLE-1",
        "Scheduler takes on the role of the schedule, which has to let it invoke the target and send to the dead-letter queue.",
        _TARGET + "; the queue: " + SCHEDULER_GUIDE + "configuring-schedule-dlq.html",
    ),
    documented(
        "SCH-RETRY-1",
        "A target that fails is tried again with exponential back-off, up to 185 times within 24 hours, or as the retry policy "
        "says; then the invocation is dead-lettered, or dropped without a dead-letter queue. The waits are those of EB-RETRY-2.",
        SCHEDULER_API + "API_RetryPolicy.html",
    ),
    documented(
        "SCH-DLQ-1",
        "What a target does not take goes to the dead-letter queue of the schedule, a standard queue.",
        SCHEDULER_GUIDE + "configuring-schedule-dlq.html",
    ),
    assumed(
        "SCH-DLQ-2",
        "The message there has the input as its body, and attributes like those of EventBridge, with SCHEDULE_ARN in place of "
        "RULE_ARN.",
        "AWS's page shows attributes for an example, and not all cases.",
    ),
    assumed(
        "SCH-RUN-1",
        "Schedules go off by themselves in runs that end at a time (until: with a number of seconds), which begin on 1 January "
        "2026 at 00:00 UTC. In other runs they go off where the workload says so (schedule:).",
        "A schedule never ends: a run that waits until nothing moves would wait for ever.",
    ),
)
