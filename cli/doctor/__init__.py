"""Whether what is deployed is well, and what to do where it is not."""
