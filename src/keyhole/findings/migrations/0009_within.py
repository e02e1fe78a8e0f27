from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

from keyhole.findings.models.problem import within_of

_BATCH = 500


def tell_folders(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """A finding that nothing more is said of is not read again by a scan, so that its row would never tell."""
    rows = apps.get_model("findings", "Problem").objects
    # Most findings are in one place: those are not read one by one.
    rows.filter(detail__data__occurrences=1).update(within=F("path"))
    batch = []
    others = rows.filter(detail__data__occurrences__gt=1).select_related("detail").order_by("pk")
    for row in others.iterator(chunk_size=_BATCH):
        row.within = within_of(row.detail.data)
        batch.append(row)
        if len(batch) == _BATCH:
            rows.bulk_update(batch, ["within"])
            batch = []
    rows.bulk_update(batch, ["within"])


class Migration(migrations.Migration):
    dependencies = [
        ("findings", "0008_places"),
    ]

    operations = [
        migrations.AddField(
            model_name="problem",
            name="within",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.RunPython(tell_folders, migrations.RunPython.noop, elidable=True),
    ]
