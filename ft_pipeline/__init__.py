"""Turns a company's support tickets into its own, proven and served support model."""

__version__ = "0.1.0"
