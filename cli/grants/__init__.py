"""Who may open which environment under which role: read and changed by hand."""
