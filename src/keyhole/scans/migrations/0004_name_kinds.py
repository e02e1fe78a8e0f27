from typing import Any

from django.db import migrations

KINDS = {"vulnerable-package": "vulnerability", "malicious-package": "malicious"}


def name_kinds(apps: Any, schema_editor: Any) -> None:
    """Findings stored before had no kind: it follows from the rule."""
    for row in apps.get_model("scans", "Finding").objects.iterator():
        if "kind" not in row.data:
            row.kind = KINDS.get(row.rule, "secret")
            row.data = {**row.data, "kind": row.kind}
            row.save(update_fields=["kind", "data"])


class Migration(migrations.Migration):
    dependencies = [("scans", "0003_kinds_and_inventory")]

    operations = [migrations.RunPython(name_kinds, migrations.RunPython.noop)]
