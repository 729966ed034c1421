"""Lineage in the configuration: catalogues, one class for each provider."""
