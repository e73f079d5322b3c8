"""The rules of cfn-lint that are about values of resources.

The others are about CloudFormation itself: parameters, functions, the style of a template. Rules are taken in by id, so
that a new release of cfn-lint adds none that has not been looked at. The list covers the resource types of `mapping`.
"""

from __future__ import annotations

_SCHEMA = (
    "E3002",  # unknown member of a nested input
    "E3003",  # required
    "E3008",  # items in order
    "E3012",  # type
    "E3014",  # exactly one of several
    "E3017",  # at least one of several
    "E3018",  # only one of several
    "E3020",  # excludes another
    "E3021",  # needs another
    "E3024",  # tags
    "E3030",  # enum
    "E3031",  # pattern
    "E3032",  # number of items
    "E3033",  # length of a text
    "E3034",  # range of a number
    "E3037",  # duplicates
    "E3058",  # at least one of several
)
_FORMATS = ("E1103", "E1156", "E1157", "E1158", "E1160", "E1161")
_SQS = ("E3501", "E3502", "E3505")
_LAMBDA = (
    "E2530",  # SnapStart and runtime
    "E2531",  # deprecated runtime
    "E2533",  # runtime that cannot be updated
    "E3633",  # starting position of a stream
    "E3634",  # starting position on SQS
    "E3663",  # reserved names of environment variables
    "E3685",  # images and handlers
    "E3696",  # log level and format
    "E3697",  # size of the environment
    "E3705",  # batch size on FIFO
    "E3716",  # length of a layer's ARN
    "E3717",  # timeout
    "W2531",  # runtime at the end of its life
    "W2533",  # handler and runtime of a .zip
    "W3663",  # source account
    "W3664",  # principal and source
)
_DYNAMODB = ("E3039", "E3638", "E3639")
_POLICIES = ("E3510", "E3511", "E3512", "E3514", "E3530", "W3037")
_SNS = ("W3694",)

VALUE_RULES = frozenset((*_SCHEMA, *_FORMATS, *_SQS, *_LAMBDA, *_DYNAMODB, *_POLICIES, *_SNS))
