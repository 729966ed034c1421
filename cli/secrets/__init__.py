"""Connections and variables of an environment's secrets backend: put in, listed, checked."""
