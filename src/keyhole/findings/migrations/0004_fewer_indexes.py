import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("environments", "0002_policies"),
        ("findings", "0003_tellings"),
        ("repositories", "0005_selected_first"),
        ("scans", "0005_upstream"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="problem",
            name="problems_of_package",
        ),
        migrations.AlterField(
            model_name="problem",
            name="first_scan",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scans.scan",
            ),
        ),
        migrations.AlterField(
            model_name="problem",
            name="last_scan",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scans.scan",
            ),
        ),
        migrations.AlterField(
            model_name="sighting",
            name="last_scan",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scans.scan",
            ),
        ),
        migrations.AlterField(
            model_name="sighting",
            name="since_scan",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scans.scan",
            ),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(
                fields=["merged_into", "status", "decided", "severity", "kind", "scanner", "repository"],
                name="problems_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["package", "ecosystem"], name="problems_of_package"),
        ),
    ]
