"""The campaign: hostile inputs and sudden deaths, some in each run and many by a switch."""
