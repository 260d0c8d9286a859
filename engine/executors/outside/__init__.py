"""The engine's side of a sandbox: sessions, their streams, the warm interpreters, what is sent inside."""
