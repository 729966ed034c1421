"""Associates a web ACL with a load balancer."""
