"""A run as a service: promoted with versions, on a schedule, with alerts, told by mail, webhook or folder."""
