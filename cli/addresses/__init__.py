"""Where everything is opened: the portal, each environment, the lineage page of a local run."""
