"""Whether lineage can arrive: each check once, for the command and for the DAG in Airflow.

Nothing here is sent that a catalogue would keep, but for a marker where one is asked for.
No finding holds a token or a part of one.
"""
