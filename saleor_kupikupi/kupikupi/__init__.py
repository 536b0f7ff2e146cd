"""All that is known about Kupi-Kupi, the provider of the points. Nothing here knows Saleor or a database."""
