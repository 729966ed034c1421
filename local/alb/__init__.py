"""The Application Load Balancers of one machine.

Read the deployed load balancers from the AWS stand-in and do what the real ones would: terminate
TLS, sign people in (`authenticate-oidc`), and invoke the function of a target group with the ALB's
event or forward to the addresses of one. It contains nothing of the application.

Where they know less than the ALB does: HTTP/1.1 only, no web sockets; bodies are passed on whole,
not as they come; paths are matched as sent, without URI normalisation; no conditions on the source
address, no regular expressions; sessions are not renewed with a refresh token; targets are not
checked for their health, nor the routes to them; no access log, no web ACL, no rewriting of
requests. One header of answers they keep to themselves, for the sake of the
machine's other programs: Strict-Transport-Security.
"""
