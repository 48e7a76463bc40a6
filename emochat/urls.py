from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from chat.api.catalogue import Unknown
from chat.desk.pages import nothing_on_site

urlpatterns = [
    path("", include("chat.urls")),
    path("api/v1/", include("chat.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(), name="api_docs"),
    re_path("^api/", Unknown.as_view()),
    path("_allauth/", include("allauth.headless.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/r/<path:rest>", nothing_on_site),
    path("admin/", admin.site.urls),
]
