"""What Alembic runs to find the connection; the transaction around it is the caller's."""

from alembic import context

from saleor_kupikupi.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
