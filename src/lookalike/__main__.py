"""`python -m lookalike`, which is also what torchrun starts."""

from lookalike.cli import main

if __name__ == "__main__":
    main()
