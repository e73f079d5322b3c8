"""Resources of the package aws-native, whose types are AWS's own, as the types of pulumi-aws that mean the same."""
