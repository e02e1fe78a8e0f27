from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from keyhole.findings.models.problem import marks_in

_BATCH = 500


def mark_again(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Marks had no places before: what was only on one line would be merged no more."""
    rows = apps.get_model("findings", "Problem").objects
    batch = []
    for row in rows.exclude(marks="").select_related("detail").order_by("pk").iterator(chunk_size=_BATCH):
        row.marks = marks_in(row.scanner, row.kind, row.rule, row.detail.data)
        batch.append(row)
        if len(batch) == _BATCH:
            rows.bulk_update(batch, ["marks"])
            batch = []
    rows.bulk_update(batch, ["marks"])


class Migration(migrations.Migration):
    dependencies = [
        ("findings", "0006_out_of_the_folder"),
    ]

    operations = [
        migrations.AlterField(
            model_name="problem",
            name="marks",
            field=models.TextField(blank=True),
        ),
        migrations.RunPython(mark_again, migrations.RunPython.noop, elidable=True),
    ]
