"""The only way from a browser to a sandbox: signed links, their rights, and what the workbench answers itself."""
