from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0005_branches")]

    operations = [
        migrations.AlterField(
            model_name="occurrence",
            name="cause",
            field=models.CharField(
                choices=[
                    ("time", "Its time came"),
                    ("push", "Something was pushed"),
                    ("look", "A look for pushes"),
                    ("hand", "Somebody ran it"),
                    ("api", "A program ran it"),
                ],
                max_length=8,
            ),
        ),
    ]
