"""A Saleor payment app that takes Kupi-Kupi cashback points at checkout."""

__version__ = "0.1.0"
