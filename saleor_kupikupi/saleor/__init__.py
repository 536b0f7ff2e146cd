"""All that is known about Saleor. It must know neither Kupi-Kupi nor the database."""
