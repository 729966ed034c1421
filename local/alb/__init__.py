"""The local Application Load Balancers.

They read the deployed load balancers from the AWS stand-in and behave as the real ones: terminate
TLS, authenticate users (`authenticate-oidc`), and invoke the function of a target group with the
ALB's event, forward to its addresses, redirect, or give a fixed response. They refuse the rules
that AWS refuses. The package contains nothing of the application.

Where AWS does not document what a load balancer does, these do what helps an attacker most: all
load balancers of a run share one key, and a session or a sign-in is good at every one and under
every cookie's name, a session for its client (issuer and client id) alone, a sign-in for its
browser; a host matches with any spelling of a port and with a dot at its end.

Limits, compared to the ALB: HTTP/1.1 only, no web sockets; no HTTP listener; bodies are buffered,
not streamed; paths are matched as sent, without URI normalisation; several Host headers are a bad
request; no conditions on the source address, no regular expressions; sessions are not renewed with
a refresh token; no health checks of targets and no checks of the routes to them; no access log, no
web ACL, no rewriting of requests. They remove one response header for the sake of the machine's
other programs: Strict-Transport-Security.
"""
