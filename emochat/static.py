"""Static files with hashed names, ES modules included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import … from "./x.js"` to the hashed name as well."""

    support_js_module_import_aggregation = True
