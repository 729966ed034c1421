"""What a configuration costs in a month."""
