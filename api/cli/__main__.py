"""`python -m api.cli` is the `sfdify` command."""

from api.cli import main

main()
