"""The OpenID provider of one machine: npm's certified oidc-provider with a file of people."""
