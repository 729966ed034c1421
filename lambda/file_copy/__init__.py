"""Copies a deployed file within S3, to a key that contains a hash of its content."""
