"""Sandboxes without Docker: namespaces of the kernel, bubblewrap, or what there is without any."""
