"""Silencing and taking over the web: signed links for phones, the status page's forms, and a small JSON API."""
