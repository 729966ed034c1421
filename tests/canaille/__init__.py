"""Canaille, the tests' second identity provider: it requires a nonce and verifies no address."""
