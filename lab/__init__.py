"""Delivery Lab: what a Lambda event source configuration does to its messages, before it is deployed."""
