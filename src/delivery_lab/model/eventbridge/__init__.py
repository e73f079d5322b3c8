"""Amazon EventBridge in virtual time: buses, rules, what targets get, and what becomes of what they do not take."""
