"""`policies`: what policies of things that exist must say."""
