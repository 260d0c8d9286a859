"""Alembic's door to the store: runs the migrations on the connection that `engine.store.tables.upgrade` gives."""

from alembic import context

from engine.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
