"""The data catalogue of one machine: takes OpenLineage events on any path, keeps and shows them."""
