"""Keeps the rule that lets the load balancer into a private web server."""
