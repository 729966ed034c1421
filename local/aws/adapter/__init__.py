"""The features that MiniStack 1.5.33 lacks for the platform, each in a module with an `install()`.

They replace names inside MiniStack's modules: before its pin is raised, the real templates must be
deployed to the new version.
"""
