"""Edition -> Artifacts: one module for each kind of output, found by being here.

A renderer has ``NAME`` (the command that makes it), ``TEMPLATES`` (its folder under
``templates/``, "" where it needs none) and
``render(edition: Edition, assets: Assets, stamp: Stamp) -> Artifacts``.
One with ``USUAL = False`` is made when it is asked for, by its command or by ``also`` in
``book.yaml``; every other is part of ``all``.
It reads no file and no clock, and doesn't decide whether it should run.
"""
