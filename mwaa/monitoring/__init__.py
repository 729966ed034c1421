"""What is watched: metrics, and the alarms on them. Alarms, dashboards and documents share it."""
