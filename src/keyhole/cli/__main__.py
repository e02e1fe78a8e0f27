"""`python -m keyhole.cli` is the `keyhole` command."""

from keyhole.cli.begin import main

if __name__ == "__main__":
    main()
