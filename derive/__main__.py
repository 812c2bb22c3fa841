"""`python -m derive` is the command line."""

from derive.cli import main

if __name__ == "__main__":  # worker processes import this file again
    main(prog_name="python -m derive")
