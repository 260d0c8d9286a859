"""What shows that a sandbox holds: secrets are planted, and code inside tries to reach them."""
