"""Amazon SNS in virtual time: topics, subscriptions, filter policies, envelopes."""
