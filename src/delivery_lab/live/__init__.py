"""Deployments that are real: resources created through AWS's own APIs, on an emulator on this machine."""
