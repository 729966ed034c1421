"""Makes the configuration's grants in the table be those of the configuration."""
