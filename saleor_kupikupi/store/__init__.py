"""All we know about SQL: the only place where rows are read and written. It knows nothing of either counterpart."""
