"""The Application Load Balancer of one machine.

Reads the deployed load balancer from the AWS stand-in and does what the real one would: terminates
TLS, signs people in (`authenticate-oidc`) and invokes the function of the target group with the
ALB's event. It contains nothing of the application.

Where it knows less than the ALB does: HTTP/1.1 only; paths are matched as sent, without URI
normalisation; conditions on path, host and method only, without regular expressions; rules that
forward to one function, after a sign-in or without; sessions are not renewed with a refresh token;
no access log, no web ACL, no rewriting of requests. One header of answers it keeps to itself, for
the sake of the machine's other programs: Strict-Transport-Security.
"""
