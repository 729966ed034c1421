"""`python -m config.reference`: write the schema, docs/configuration.md and docs/changes.md."""

from __future__ import annotations

from config.reference import changes, page, schema

if __name__ == "__main__":
    for document in (schema, page, changes):
        document.FILE.write_text(document.render())
