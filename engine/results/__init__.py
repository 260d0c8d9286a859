"""What comes out of a sandbox: checked strictly, made into reports, shown under a brand."""
