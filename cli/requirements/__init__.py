"""What is installed in environments."""
