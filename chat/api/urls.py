from __future__ import annotations

from django.urls import path

from chat.api import catalogue, conversations, me, messages, replies
from chat.api.events import ConversationEvents

urlpatterns = [
    path("me/", me.Me.as_view()),
    path("me/picture/", me.MyPicture.as_view()),
    path("export/", me.Export.as_view()),
    path("deletions/<uuid:pk>/", me.DeletionDetail.as_view()),
    path("classifiers/", catalogue.ClassifierList.as_view()),
    path("classify/", catalogue.Classify.as_view()),
    path("explain/", catalogue.Explain.as_view()),
    path(
        "conversations/",
        conversations.ConversationList.as_view(),
        name="api_conversations",
    ),
    path("conversations/<uuid:pk>/", conversations.ConversationDetail.as_view()),
    path(
        "conversations/<uuid:pk>/restore/",
        conversations.ConversationRestore.as_view(),
    ),
    path("conversations/<uuid:pk>/messages/", messages.MessageList.as_view()),
    path("conversations/<uuid:pk>/events/", ConversationEvents.as_view()),
    path("messages/<uuid:pk>/regenerate/", messages.MessageRegenerate.as_view()),
    path("messages/<uuid:pk>/correction/", messages.MessageCorrection.as_view()),
    path("replies/<uuid:pk>/", replies.ReplyDetail.as_view()),
    path("replies/<uuid:pk>/stop/", replies.ReplyStop.as_view()),
    path("replies/<uuid:pk>/feedback/", replies.ReplyFeedback.as_view()),
]
