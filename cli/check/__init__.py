"""What environments will get, treated as MWAA would treat it."""
