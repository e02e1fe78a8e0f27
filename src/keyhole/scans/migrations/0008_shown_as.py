from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scans", "0007_stages_after_reading"),
    ]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="shown_as",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="finding",
            name="merge_reason",
            field=models.CharField(blank=True, default="", max_length=200),
            preserve_default=False,
        ),
    ]
