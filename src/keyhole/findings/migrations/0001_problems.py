import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("environments", "0001_initial"),
        ("repositories", "0005_selected_first"),
        ("scans", "0004_name_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Problem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("scanner", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=16)),
                ("rule", models.CharField(max_length=100)),
                ("title", models.CharField(max_length=300)),
                ("severity", models.CharField(max_length=8)),
                ("rank", models.PositiveSmallIntegerField()),
                ("confidence", models.CharField(max_length=8)),
                ("path", models.TextField()),
                ("line", models.PositiveIntegerField()),
                ("commit", models.CharField(blank=True, max_length=64)),
                ("ecosystem", models.CharField(blank=True, max_length=40)),
                ("package", models.CharField(blank=True, max_length=300)),
                ("version", models.CharField(blank=True, max_length=200)),
                ("purl", models.CharField(blank=True, max_length=600)),
                ("upgrade", models.CharField(blank=True, max_length=200)),
                ("epss", models.FloatField(default=-1.0)),
                ("kev", models.BooleanField(default=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Open"),
                            ("reopened", "Reopened"),
                            ("fixed", "Fixed"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                (
                    "decided",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Undecided"),
                            ("accepted", "Accepted"),
                            ("false_positive", "False positive"),
                        ],
                        default="",
                        max_length=16,
                    ),
                ),
                ("merge_reason", models.CharField(blank=True, max_length=200)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField()),
                ("fixed_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("marks", models.CharField(blank=True, max_length=300)),
                ("digest", models.CharField(blank=True, max_length=16)),
            ],
            options={
                "ordering": ("rank", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Settled",
            fields=[
                (
                    "scan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="settled",
                        serialize=False,
                        to="scans.scan",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("accepted", "Accepted"), ("false_positive", "False positive")],
                        max_length=16,
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("finding", "These findings"),
                            ("repository", "A repository"),
                            ("package", "An advisory of a package, everywhere"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=1000)),
                ("expires_at", models.DateTimeField(null=True)),
                ("rule", models.CharField(blank=True, max_length=100)),
                ("path", models.CharField(blank=True, max_length=1000)),
                ("ecosystem", models.CharField(blank=True, max_length=40)),
                ("package", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "repository",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="repositories.repository",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="DecisionId",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=100)),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ids",
                        to="findings.decision",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Detail",
            fields=[
                (
                    "problem",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="detail",
                        serialize=False,
                        to="findings.problem",
                    ),
                ),
                ("data", models.JSONField()),
            ],
        ),
        migrations.AddField(
            model_name="problem",
            name="decision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="problems",
                to="findings.decision",
            ),
        ),
        migrations.AddField(
            model_name="problem",
            name="first_scan",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="scans.scan"
            ),
        ),
        migrations.AddField(
            model_name="problem",
            name="last_scan",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="scans.scan"
            ),
        ),
        migrations.AddField(
            model_name="problem",
            name="measured_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="environments.environment",
            ),
        ),
        migrations.AddField(
            model_name="problem",
            name="merged_into",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged",
                to="findings.problem",
            ),
        ),
        migrations.AddField(
            model_name="problem",
            name="is_open",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        models.Q(
                            ("decided", ""),
                            ("merged_into__isnull", True),
                            models.Q(("status", "fixed"), _negated=True),
                        ),
                        then=models.Value(True),
                    ),
                    default=models.Value(False),
                ),
                output_field=models.BooleanField(),
            ),
        ),
        migrations.AddField(
            model_name="problem",
            name="repository",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="problems",
                to="repositories.repository",
            ),
        ),
        migrations.CreateModel(
            name="Covered",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="covered",
                        to="findings.decision",
                    ),
                ),
                (
                    "problem",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="covered_by",
                        to="findings.problem",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Apart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "one",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="findings.problem"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="findings.problem"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AdvisoryId",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=100)),
                (
                    "problem",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="advisory_ids",
                        to="findings.problem",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("fixed", "Fixed"),
                            ("reopened", "Reopened"),
                            ("decided", "Decided"),
                            ("withdrawn", "Decision withdrawn"),
                            ("expired", "Decision expired"),
                            ("merged", "Merged"),
                            ("unmerged", "Shown for itself again"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="findings.decision",
                    ),
                ),
                (
                    "problem",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="findings.problem",
                    ),
                ),
                (
                    "scan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="scans.scan",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(max_length=2000)),
                ("shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="Sighting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(blank=True, max_length=1000)),
                ("present", models.BooleanField()),
                ("since_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "last_scan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="scans.scan",
                    ),
                ),
                (
                    "problem",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sightings",
                        to="findings.problem",
                    ),
                ),
                (
                    "since_scan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="scans.scan",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("critical", models.PositiveIntegerField(default=0)),
                ("high", models.PositiveIntegerField(default=0)),
                ("medium", models.PositiveIntegerField(default=0)),
                ("low", models.PositiveIntegerField(default=0)),
                ("new", models.PositiveIntegerField(default=0)),
                ("fixed", models.PositiveIntegerField(default=0)),
                (
                    "repository",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="repositories.repository",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["expires_at"], name="decisions_to_expire"
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["ecosystem", "package"], name="decisions_of_package"),
        ),
        migrations.AddIndex(
            model_name="decisionid",
            index=models.Index(fields=["text"], name="decisions_of_advisory"),
        ),
        migrations.AddConstraint(
            model_name="decisionid",
            constraint=models.UniqueConstraint(
                fields=("decision", "text"), name="one_row_per_decision_and_id"
            ),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["is_open", "rank", "-id"], name="problems_open"),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(
                fields=["repository", "is_open", "rank", "-id"], name="problems_of_repository"
            ),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["merged_into", "rank", "-id"], name="problems_shown"),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["ecosystem", "package"], name="problems_of_package"),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["purl"], name="problems_of_purl"),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["is_open", "due_at"], name="problems_due"),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.UniqueConstraint(fields=("repository", "key"), name="one_problem_per_finding"),
        ),
        migrations.AddConstraint(
            model_name="covered",
            constraint=models.UniqueConstraint(
                fields=("decision", "problem"), name="one_row_per_decision_and_problem"
            ),
        ),
        migrations.AddConstraint(
            model_name="apart",
            constraint=models.UniqueConstraint(fields=("one", "other"), name="apart_once"),
        ),
        migrations.AddIndex(
            model_name="advisoryid",
            index=models.Index(fields=["text"], name="problems_of_advisory"),
        ),
        migrations.AddConstraint(
            model_name="advisoryid",
            constraint=models.UniqueConstraint(fields=("problem", "text"), name="one_row_per_problem_and_id"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["what", "at"], name="events_by_day"),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("owner", "name"), name="one_view_per_name"),
        ),
        migrations.AddConstraint(
            model_name="sighting",
            constraint=models.UniqueConstraint(fields=("problem", "ref"), name="one_sighting_per_ref"),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(fields=["day"], name="tallies_by_day"),
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(fields=("repository", "day"), name="one_tally_per_day"),
        ),
    ]
