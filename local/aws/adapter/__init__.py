"""What MiniStack 1.5.33 lacks for the platform, one module a gap; each has one `install()`.

All of it replaces names inside MiniStack's modules, so each pin of MiniStack is checked by
deploying the real templates before it is raised.
"""
