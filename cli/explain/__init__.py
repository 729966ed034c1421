"""What is wrong with a deployment, in words."""
