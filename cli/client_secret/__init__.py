"""The secret of a client at the identity provider: its rotation."""
