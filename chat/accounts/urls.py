from __future__ import annotations

from django.urls import path

from chat.accounts import views

urlpatterns = [
    path("welcome/", views.welcome, name="welcome"),
    path("settings/", views.account_settings, name="settings"),
    path("settings/training/", views.training_consent, name="training_consent"),
    path("avatars/<str:name>", views.avatar, name="avatar"),
]
