"""Stacks, each of which composes constructs."""
