"""CDK constructs of the platform."""
