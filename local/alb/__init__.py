"""The local Application Load Balancers.

They read the deployed load balancers from the AWS stand-in and behave as the real ones: terminate
TLS, authenticate users (`authenticate-oidc`), and invoke the function of a target group with the
ALB's event or forward to its addresses. The package contains nothing of the application.

Limits, compared to the ALB: HTTP/1.1 only, no web sockets; bodies are buffered, not streamed; paths
are matched as sent, without URI normalisation; no conditions on the source address, no regular
expressions; sessions are not renewed with a refresh token; no health checks of targets and no
checks of the routes to them; no access log, no web ACL, no rewriting of requests. They remove one
response header for the sake of the machine's other programs: Strict-Transport-Security.
"""
