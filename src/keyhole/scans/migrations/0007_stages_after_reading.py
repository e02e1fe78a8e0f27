from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scans", "0006_moved_findings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="scan",
            name="stage",
            field=models.CharField(
                blank=True,
                choices=[
                    ("prepare", "Looking up the repository"),
                    ("fetch", "Fetching from GitHub"),
                    ("authorize", "Generating the scan's own token"),
                    ("read", "Reading the history"),
                    ("trace", "Looking for the commits of the findings"),
                    ("files", "Looking at the files as they are now"),
                    ("store", "Storing the findings"),
                    ("conclude", "Comparing with the scan before"),
                ],
                max_length=10,
            ),
        ),
    ]
