from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from chat.desk.pages import nothing_on_site

urlpatterns = [
    path("", include("chat.urls")),
    path("api/v1/", include("chat.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/r/<path:rest>", nothing_on_site),
    path("admin/", admin.site.urls),
]
