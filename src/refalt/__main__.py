"""`python -m refalt` is `refalt`."""

from refalt.cli.app import main

main()
