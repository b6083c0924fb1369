"""`python -m wattmarket`: the command line."""

from wattmarket.cli import main

if __name__ == "__main__":
    main()
