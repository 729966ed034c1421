"""Settings of an identity provider from its discovery document."""
