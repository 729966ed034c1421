"""What runs, at a glance."""
