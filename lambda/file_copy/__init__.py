"""Copies a deployed file within S3, to a key that names its content."""
