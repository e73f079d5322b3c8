"""The one creator of resources: it speaks AWS's APIs on one side, and Pulumi's provider protocol on the other.

Pulumi's engine starts it as `pulumi-resource-aws` (`python -m delivery_lab.live.provider`); the program uses pulumi-aws
as ever. It creates the types that the stacks of this repository use, on an emulator on this machine, and refuses
everything else by name. It is a test tool and no AWS provider: it does not connect to AWS.
"""
