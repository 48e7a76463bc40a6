from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("chat", "0006_readings_full_at")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="user",
            name="explains_full_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
