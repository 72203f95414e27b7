"""Edition -> Artifacts: one module for each kind of output, found by being here.

A renderer has ``NAME`` (the command that makes it), ``TEMPLATES`` (its folder under
``templates/``, "" where it needs none) and
``render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts``.
It reads no file and no clock, and doesn't decide whether it should run.
"""
