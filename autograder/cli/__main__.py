"""`python -m autograder.cli` is `chainrule`."""

import sys

from . import main

sys.exit(main())
