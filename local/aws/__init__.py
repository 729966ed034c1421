"""The AWS account that the platform deploys to on one machine."""
