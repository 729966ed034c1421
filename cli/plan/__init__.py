"""`plan`: what a deployment will do, in words and minutes."""
