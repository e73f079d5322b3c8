"""The table of the errors that AWS's APIs answer with: code, HTTP status, text and source of each, once.

Everything that refuses a call makes its error here, such as `sqs.TOO_MANY_ENTRIES.error(count=11)`. Texts are AWS's
own, as somebody recorded them; where only the code is known, the source says so. There is a module for each service.
"""
