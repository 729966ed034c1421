"""Looks up the endpoint of a private web server; a package that functions share."""
