"""`python -m dlcnn`: the same as the command `dlcnn`."""

import sys

from dlcnn.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
