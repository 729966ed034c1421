"""Model of cdk.context.json, one module for each section."""
