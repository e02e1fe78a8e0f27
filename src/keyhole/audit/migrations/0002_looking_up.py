"""What records are looked up by, in columns of their own, with the indexes that keep looking up fast."""

from typing import Any

from django.db import migrations, models

from keyhole.audit.facts import COLUMNS, facts_of

_AT_ONCE = 5000


def fill(apps: Any, schema_editor: Any) -> None:
    """Copy the facts out of every record there is. Runs again from the start when it was interrupted."""
    entries = apps.get_model("audit", "Entry").objects.using(schema_editor.connection.alias)
    assignments = ", ".join(f"{column} = %s" for column in COLUMNS)
    after = 0
    while rows := list(
        entries.filter(seq__gt=after).order_by("seq").values_list("seq", "actor", "subject")[:_AT_ONCE]
    ):
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE audit_entry SET {assignments} WHERE seq = %s",  # noqa: S608 - names of columns
                [(*facts_of(actor, subject), seq) for seq, actor, subject in rows],
            )
        after = rows[-1][0]


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField("entry", "who", models.CharField(max_length=254, default="")),
        migrations.AddField("entry", "address", models.CharField(max_length=64, default="")),
        migrations.AddField("entry", "repository", models.CharField(max_length=254, default="")),
        migrations.AddField("entry", "more_repositories", models.TextField(null=True)),
        migrations.AddField("entry", "about_token_id", models.BigIntegerField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("entry", "token_id", models.BigIntegerField(null=True)),
        migrations.AlterField("entry", "at", models.DateTimeField()),
        migrations.AddIndex("entry", models.Index(fields=["at", "seq"], name="audit_by_time")),
        migrations.AddIndex("entry", models.Index(fields=["action", "seq"], name="audit_by_action")),
        migrations.AddIndex("entry", models.Index(fields=["who", "seq"], name="audit_by_who")),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["outcome", "seq"], name="audit_denied", condition=models.Q(outcome="denied")
            ),
        ),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["token_id", "seq"], name="audit_by_token", condition=models.Q(token_id__isnull=False)
            ),
        ),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["about_token_id", "seq"],
                name="audit_about_token",
                condition=models.Q(about_token_id__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "entry",
            models.Index(fields=["address", "seq"], name="audit_by_address"),
        ),
        migrations.AddIndex(
            "entry",
            models.Index(fields=["repository", "seq"], name="audit_by_repository"),
        ),
        migrations.AddIndex(
            "entry",
            models.Index(
                fields=["seq"],
                name="audit_several_repositories",
                condition=models.Q(more_repositories__isnull=False),
            ),
        ),
    ]
