from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_MESSAGES = ("commit message", "tag message")


def tell_messages(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Only secrets are found in messages, and few of them are."""
    rows = apps.get_model("findings", "Problem").objects
    for place in _MESSAGES:
        there = rows.filter(kind="secret", detail__data__locations__0__place=place)
        rows.filter(pk__in=list(there.order_by().values_list("pk", flat=True))).update(place=place)


class Migration(migrations.Migration):
    dependencies = [
        ("findings", "0007_marks_with_places"),
    ]

    operations = [
        migrations.AddField(
            model_name="problem",
            name="place",
            field=models.CharField(db_default="file", default="file", max_length=16),
        ),
        migrations.RunPython(tell_messages, migrations.RunPython.noop, elidable=True),
    ]
