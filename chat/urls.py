from __future__ import annotations

from django.urls import include, path

from chat import analyse_page, health, models_page, views
from chat.care import views as care

urlpatterns = [
    path("", include("chat.accounts.urls")),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("", views.home, name="home"),
    path("analyse/", analyse_page.analyse, name="analyse"),
    path("models/", models_page.models, name="models"),
    path("send/", views.send, name="send_new"),
    path("c/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("safety/", care.safety, name="safety"),
    path("c/<uuid:conversation_id>/safe/", care.safe, name="safe"),
    path("c/<uuid:conversation_id>/send/", views.send, name="send"),
]
