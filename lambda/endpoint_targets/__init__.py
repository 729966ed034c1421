"""Keeps the addresses of a private web server in its target group."""
