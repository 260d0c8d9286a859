"""The seven steps. Each is one function that takes products and gives one."""
