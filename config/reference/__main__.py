"""`python -m config.reference`: write config/schema.json and docs/configuration.md."""

from __future__ import annotations

from config.reference import page, schema

if __name__ == "__main__":
    for document in (schema, page):
        document.FILE.write_text(document.render())
