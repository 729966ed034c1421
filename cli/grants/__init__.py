"""Access to environments: queries, and changes of manual grants."""
