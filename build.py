#!/usr/bin/env python3
"""The front door of a checkout: ``python build.py`` is ``notepress``, run from ``src``.

Any Python can read this file, so that one too old for the rest can say so.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    venv = os.path.join(HERE, ".venv")
    locked = os.path.join(venv, "bin", "python")
    # Where `make` has set up .venv, the build moves there, whichever Python was typed:
    # fonts and formulas come with the locked packages, others would give other pages.
    if os.path.exists(locked) and os.path.realpath(sys.prefix) != os.path.realpath(venv):
        os.execv(locked, [locked, os.path.abspath(__file__)] + sys.argv[1:])
    if sys.version_info < (3, 11):
        sys.stderr.write("notepress needs Python 3.11 or newer, and this is ")
        sys.stderr.write(sys.version.split()[0] + ". `make setup` looks for a newer one.\n")
        sys.exit(3)
    sys.path.insert(0, os.path.join(HERE, "src"))
    try:
        if sys.argv[1:2] == ["diff"]:
            # Two packages are compared with nothing but Python.
            from notepress import diffing

            sys.exit(diffing.main(sys.argv[2:]))
        from notepress.cli import main

        sys.exit(main())
    except ModuleNotFoundError as error:
        if (error.name or "notepress").startswith("notepress"):
            raise
        sys.stderr.write("notepress needs the package " + str(error.name))
        sys.stderr.write(", which is not installed here. `make setup` installs all it needs.\n")
        sys.exit(3)
