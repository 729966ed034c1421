"""The identity provider's endpoints, from its own discovery document."""
