"""The data catalogue of one machine: accepts OpenLineage events on any path and shows them."""
