"""The JSON schema of cdk.context.json and the page that documents its keys, made from the model."""
