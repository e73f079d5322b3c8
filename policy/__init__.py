"""The lab's checks as a Pulumi policy pack, for `pulumi preview --policy-pack policy`."""
