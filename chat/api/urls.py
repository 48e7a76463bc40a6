from __future__ import annotations

from django.urls import path

from chat.api import views

urlpatterns = [
    path("classifiers/", views.classifiers),
    path("conversations/", views.ConversationList.as_view(), name="api_conversations"),
    path("conversations/<uuid:pk>/", views.ConversationDetail.as_view()),
    path("conversations/<uuid:pk>/restore/", views.ConversationRestore.as_view()),
]
