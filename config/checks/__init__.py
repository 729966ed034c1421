"""Rules of the configuration, by topic."""
