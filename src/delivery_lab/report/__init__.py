"""One HTML file that shows runs: what became of messages, and the picture of how it came to that.

`scene` is what a picture shows, read from events by `filming` and `waiting`; `picture` draws it; `lives` tells the life
of each message; `page` puts everything into the file.
"""
