"""What is true: amounts, references, the transfer's life. Standard library only, no I/O."""
